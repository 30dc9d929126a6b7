/** What the JavaScript engine can do, found out by asking it to validate a few bytes. */

/** A module with one function that tail-calls itself. */
const TAIL_CALL = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // \0asm, version 1
  0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // type: () → ()
  0x03, 0x02, 0x01, 0x00, // function 0: type 0
  0x0a, 0x06, 0x01, 0x04, 0x00, 0x12, 0x00, 0x0b, // code: return_call 0; end
);

/** Tail calls: V8 since 11.2 (Chrome 112, Node 20), Firefox 121, Safari 18.2. */
export function hasTailCalls(): boolean {
  return WebAssembly.validate(TAIL_CALL);
}
