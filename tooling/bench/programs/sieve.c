/* Eratosthenes in a byte array: strided stores, unpredictable branches. */
#include <string.h>
#include "program.h"

#define LIMIT 500000

uint32_t run(uint32_t units) {
  static uint8_t composite[LIMIT];
  uint32_t sum = 0;
  for (uint32_t unit = 0; unit < units * 4; unit++) {
    memset(composite, 0, sizeof composite);
    uint32_t count = 0;
    for (uint32_t i = 2; i < LIMIT - unit % 16; i++) {
      if (composite[i]) continue;
      count++;
      for (uint32_t j = i + i; j < LIMIT; j += i) composite[j] = 1;
    }
    sum = mix(sum, count);
  }
  return sum;
}
