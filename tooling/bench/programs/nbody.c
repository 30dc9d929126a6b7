/* Planets in double precision; built twice, for the x87 and for scalar SSE2. Every operation is exactly defined, so the bits are the same everywhere. */
#include <math.h>
#include <string.h>
#include "program.h"

#define BODIES 5

typedef struct {
  double position[3], velocity[3], mass;
} body;

static void advance(body *bodies, double step) {
  for (int i = 0; i < BODIES; i++) {
    for (int j = i + 1; j < BODIES; j++) {
      double d[3], square = 0.01;
      for (int k = 0; k < 3; k++) {
        d[k] = bodies[i].position[k] - bodies[j].position[k];
        square += d[k] * d[k];
      }
      double factor = step / (square * __builtin_sqrt(square));
      for (int k = 0; k < 3; k++) {
        bodies[i].velocity[k] -= d[k] * bodies[j].mass * factor;
        bodies[j].velocity[k] += d[k] * bodies[i].mass * factor;
      }
    }
  }
  for (int i = 0; i < BODIES; i++) {
    for (int k = 0; k < 3; k++) bodies[i].position[k] += step * bodies[i].velocity[k];
  }
}

uint32_t run(uint32_t units) {
  body bodies[BODIES];
  uint32_t random = 11;
  for (int i = 0; i < BODIES; i++) {
    for (int k = 0; k < 3; k++) {
      bodies[i].position[k] = (double)(random32(&random) % 2000) / 100 - 10;
      bodies[i].velocity[k] = (double)(random32(&random) % 200) / 1000 - 0.1;
    }
    bodies[i].mass = 1 + (double)(random32(&random) % 100) / 10;
  }
  for (uint32_t i = 0; i < units * 12500; i++) advance(bodies, 0.001);
  uint32_t sum = 0;
  for (int i = 0; i < BODIES; i++) {
    for (int k = 0; k < 3; k++) {
      uint32_t words[2];
      memcpy(words, &bodies[i].position[k], sizeof words);
      sum = mix(mix(sum, words[0]), words[1]);
    }
  }
  return sum;
}
