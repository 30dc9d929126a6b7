/** Reads just enough of a WebAssembly binary (core spec, section 5.5.14) to know where its static data ends. */

const DATA_SECTION = 11;
const OP_I32_CONST = 0x41;

/**
 * The address after the last byte of every active data segment.
 *
 * @param {Uint8Array} wasm
 * @param {number} base what to return when the module has no data
 * @returns {number}
 */
export function dataSegmentsEnd(wasm, base) {
  let end = base;
  let at = 8;
  const unsigned = () => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = wasm[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  const signed32 = () => {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = wasm[at++];
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return shift < 32 && byte & 0x40 ? value | (-1 << shift) : value;
    }
  };
  while (at < wasm.length) {
    const id = wasm[at++];
    const size = unsigned();
    const next = at + size;
    if (id === DATA_SECTION) {
      for (let left = unsigned(); left > 0; left--) {
        const flags = unsigned();
        if (flags === 2) unsigned();
        let offset = 0;
        if (flags !== 1) {
          if (wasm[at++] !== OP_I32_CONST) throw new Error('data segment whose offset is not a constant');
          offset = signed32() >>> 0;
          at++;
        }
        const length = unsigned();
        if (flags !== 1) end = Math.max(end, offset + length);
        at += length;
      }
    }
    at = next;
  }
  return end;
}
