/* The C library's memcpy, memmove, memset, memchr and strlen, from a few bytes to tens of kilobytes. */
#include <string.h>
#include "program.h"

#define BYTES 65536

uint32_t run(uint32_t units) {
  static char a[BYTES], b[BYTES];
  uint32_t random = 13, sum = 0;
  for (int i = 0; i < BYTES; i++) a[i] = (char)('a' + random32(&random) % 26);
  for (uint32_t pass = 0; pass < units * 150; pass++) {
    for (int i = 0; i < 400; i++) {
      uint32_t r = random32(&random);
      size_t length = (r >> 8) % ((r & 15) == 0 ? 16384 : 256), at = r % (BYTES - 16384);
      memcpy(b + at, a + (at ^ 0x40), length);
      memmove(b + at / 2, b + at / 2 + 1, length);
      memset(b + length, (int)('a' + r % 26), length / 4);
      const char *found = memchr(b + at, 'z', length);
      sum = mix(sum, found == NULL ? 0 : (uint32_t)(found - b));
    }
    b[BYTES - 1] = 0;
    b[2048 + pass % 4096] = 0;
    sum = mix(sum, (uint32_t)strlen(b));
    b[2048 + pass % 4096] = 'q';
  }
  return sum;
}
