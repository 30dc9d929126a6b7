/* An interpreter of bytecodes with one switch: indirect jumps that are hard to foresee. It counts the steps of Collatz sequences. */
#include "program.h"

enum { SET, COPY, ADD, MULTIPLY, SHIFT, AND, IF_ZERO, IF_LESS, JUMP, HALT };
enum { N, START, LIMIT, STEPS, ONE, THREE, T };

typedef struct {
  uint8_t op, a, b, c;
} instruction;

static const instruction collatz[] = {
  /*  0 */ { SET, ONE, 1, 0 },
  /*  1 */ { SET, THREE, 3, 0 },
  /*  2 */ { SET, START, 0, 0 },
  /* next number */
  /*  3 */ { ADD, START, START, ONE },
  /*  4 */ { IF_LESS, LIMIT, START, 15 },
  /*  5 */ { COPY, N, START, 0 },
  /* next step */
  /*  6 */ { IF_LESS, ONE, N, 8 },
  /*  7 */ { JUMP, 3, 0, 0 },
  /*  8 */ { ADD, STEPS, STEPS, ONE },
  /*  9 */ { AND, T, N, ONE },
  /* 10 */ { IF_ZERO, T, 13, 0 },
  /* 11 */ { MULTIPLY, N, N, THREE },
  /* 12 */ { ADD, N, N, ONE },
  /* 13, also behind an odd number: 3n+1 is even */
  /* 13 */ { SHIFT, N, N, ONE },
  /* 14 */ { JUMP, 6, 0, 0 },
  /* 15 */ { HALT, 0, 0, 0 },
};

static uint32_t execute(const instruction *code, uint32_t limit) {
  uint32_t r[8] = { 0 };
  r[LIMIT] = limit;
  for (const instruction *pc = code;; pc++) {
    switch (pc->op) {
      case SET: r[pc->a] = pc->b; break;
      case COPY: r[pc->a] = r[pc->b]; break;
      case ADD: r[pc->a] = r[pc->b] + r[pc->c]; break;
      case MULTIPLY: r[pc->a] = r[pc->b] * r[pc->c]; break;
      case SHIFT: r[pc->a] = r[pc->b] >> (r[pc->c] & 31); break;
      case AND: r[pc->a] = r[pc->b] & r[pc->c]; break;
      case IF_ZERO: if (r[pc->a] == 0) pc = code + pc->b - 1; break;
      case IF_LESS: if (r[pc->a] < r[pc->b]) pc = code + pc->c - 1; break;
      case JUMP: pc = code + pc->a - 1; break;
      case HALT: return r[STEPS];
    }
  }
}

uint32_t run(uint32_t units) {
  uint32_t sum = 0;
  for (uint32_t unit = 0; unit < units * 2; unit++) sum = mix(sum, execute(collatz, 6000 + unit % 7));
  return sum;
}
