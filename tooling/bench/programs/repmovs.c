/* String instructions: rep movs and stos of bytes and words, repne scas, repe cmps, in buffers of a few pages. */
#include "program.h"

#define BYTES 16384

static uint8_t from[BYTES + 64], to[BYTES + 64];

static void move_bytes(void *target, const void *source, size_t count) {
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
}
static void move_words(void *target, const void *source, size_t count) {
  __asm__ volatile("rep movsl" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
}
static void fill_bytes(void *target, uint8_t value, size_t count) {
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(value) : "memory");
}
static size_t bytes_until(const void *start, uint8_t value, size_t count) {
  size_t left = count;
  __asm__ volatile("repne scasb" : "+D"(start), "+c"(left) : "a"(value) : "memory", "cc");
  return count - left;
}
static size_t bytes_equal(const void *a, const void *b, size_t count) {
  size_t left = count;
  __asm__ volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(left) : : "memory", "cc");
  return count - left;
}

uint32_t run(uint32_t units) {
  uint32_t random = 9, sum = 0;
  for (int i = 0; i < BYTES; i++) from[i] = (uint8_t)(random32(&random) | 1);
  for (uint32_t pass = 0; pass < units * 100; pass++) {
    size_t at = pass % 48;
    move_bytes(to + at, from, BYTES);
    move_words(to + (at & 60), from + 4, BYTES / 4 - 1);
    fill_bytes(to + 512 + at, 0, 1024);
    sum = mix(sum, (uint32_t)bytes_until(to, 0, BYTES));
    move_bytes(to, from, BYTES - at);
    sum = mix(sum, (uint32_t)bytes_equal(to, from, BYTES) + to[at * 64]);
  }
  return sum;
}
