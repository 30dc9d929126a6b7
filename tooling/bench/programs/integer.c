/* Integer operations of all kinds on few registers: adds, logic, rotates, multiplications, divisions, conditions. */
#include "program.h"

uint32_t run(uint32_t units) {
  uint32_t a = 1, b = 2, c = 3, sum = 0;
  for (uint32_t i = 0; i < units * 2000000; i++) {
    a = a * 1103515245 + 12345;
    b ^= rotate(a, 7) + i;
    c += (a >> 3) & (b << 2);
    if ((b & 0xf) == 3) sum += a / ((c & 0xff) + 1);
    else if ((int32_t)c < 0) sum ^= b;
    else sum = rotate(sum, 1) - c;
  }
  return mix(sum, a ^ b ^ c);
}
