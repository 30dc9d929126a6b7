/* Fibonacci by recursion: calls, returns and the stack, little else. */
#include "program.h"

static uint32_t __attribute__((noinline, optimize("no-optimize-sibling-calls"))) fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint32_t run(uint32_t units) {
  uint32_t sum = 0;
  for (uint32_t unit = 0; unit < units * 3; unit++) sum = mix(sum, fib(29 + (unit & 1)));
  return sum;
}
