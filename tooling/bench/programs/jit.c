/* A guest with a compiler of its own: writes functions over old ones, calls each a few hundred times, and again. */
#include <string.h>
#include <sys/mman.h>
#include "program.h"

#define BYTES 16384
#define SLOT 256
#define CALLS 200

typedef uint32_t (*function)(void);

/* Bytes that mean the same in 32- and 64-bit code. Returns where the function ends. */
static uint8_t *emit(uint8_t *code, uint32_t *random, int steps) {
  static const uint8_t with_immediate[] = { 0x05 /* add eax */, 0x35 /* xor eax */, 0x2d /* sub eax */ };
  uint32_t value = random32(random);
  *code++ = 0xb8; /* mov eax, imm32 */
  memcpy(code, &value, 4);
  code += 4;
  for (int i = 0; i < steps; i++) {
    value = random32(random);
    if (value % 4 == 3) {
      *code++ = 0xc1; /* rol eax, imm8 */
      *code++ = 0xc0;
      *code++ = (uint8_t)(value >> 8 & 31);
    } else {
      *code++ = with_immediate[value % 4];
      memcpy(code, &value, 4);
      code += 4;
    }
  }
  *code++ = 0xc3; /* ret */
  return code;
}

uint32_t run(uint32_t units) {
  uint8_t *code = mmap(NULL, BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) fail("mmap");
  uint32_t random = 19, sum = 0;
  for (uint32_t round = 0; round < units * 1500; round++) {
    uint8_t *slot = code + round % (BYTES / SLOT) * SLOT;
    emit(slot, &random, 8 + (int)(round % 24));
    function compiled;
    memcpy(&compiled, &slot, sizeof compiled);
    for (int i = 0; i < CALLS; i++) sum = mix(sum, compiled());
  }
  return sum;
}
