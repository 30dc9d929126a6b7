/* One vector of the softfloat recorder, and what its parts give each other. src/softfloat/record.ts reads the same layout. */
#ifndef SOFTFLOAT_RECORD_H
#define SOFTFLOAT_RECORD_H

#include <stdint.h>

/* An f80 in the low ten bytes, or a smaller value in the lowest. */
typedef struct {
  uint64_t low;
  uint64_t high;
} cell;

enum { MODE_DAZ = 1, MODE_FTZ = 2 };
enum { INVALID = 1, DENORMAL = 2, ZERO_DIVIDE = 4, ALL_MASKED = 63 };

typedef struct {
  uint8_t operation;
  uint8_t rounding;  /* x86 RC */
  uint8_t precision; /* 24, 53, 64 */
  uint8_t masks;     /* x86 exception masks, bits 0 to 5 */
  uint8_t mode;      /* MODE_* */
  uint8_t immediate; /* what the operation is given besides its operands */
  uint8_t flags;     /* exceptions raised */
  uint8_t condition; /* x87: C0 bit 0, C1 bit 1, C2 bit 2, C3 bit 6; SSE comparison: CF bit 0, PF bit 2, ZF bit 6 */
  uint64_t unused;
  cell a, b, result, second;
} record;

/* How operands are chosen. */
typedef enum {
  PICK_F32,
  PICK_F64,
  PICK_F80,
  PICK_INTEGER,
  PICK_DIGITS,
  PICK_NONE,
  PICK_SCALE,     /* b is an exponent */
  PICK_REMAINDER, /* exponents up to some hundreds apart */
  PICK_UNIT,      /* a in −1…1: F2XM1 */
  PICK_LOG1P,     /* a in ±(1 − √½): FYL2XP1 */
  PICK_LOG,       /* a positive, often near 1 */
  PICK_ANGLE,     /* a up to 2^63 */
} pick;

typedef struct {
  const char *name;
  void (*run)(record *);
  pick pick;
  uint8_t immediates; /* immediates run from 0 to this one */
} operation;

extern const operation x87_operations[];
extern const operation sse_operations[];

/* Starts the generator; the same seed gives the same operands. */
void seed_operands(uint64_t seed);
/* Fills controls and operands. */
void choose(record *r, const operation *op);
/* Catches the SIGFPE of unmasked SSE exceptions. */
void install_handler(void);

#endif
