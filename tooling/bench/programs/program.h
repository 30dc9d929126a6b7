/* What every program has in common: see main.c. */
#ifndef PROGRAM_H
#define PROGRAM_H
#include <stddef.h>
#include <stdint.h>

/* The work, `units` times over; returns a checksum that depends on all of it. */
uint32_t run(uint32_t units);

/* Serves the rig on standard input and output, see agent.c. */
int agent(void);

/* Ends the process: something that cannot fail has failed. */
void fail(const char *what);

static inline uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }
static inline uint32_t mix(uint32_t sum, uint32_t value) { return (rotate(sum, 5) ^ value) * 0x9e3779b1u; }

/* xorshift32 (Marsaglia 2003): the same numbers everywhere. `state` is not 0. */
static inline uint32_t random32(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
#endif
