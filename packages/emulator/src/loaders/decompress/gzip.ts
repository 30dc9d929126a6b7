/** gzip, by the host's own decompressor. */
import { badImage, RELOAD_HINT } from '../image-reader.ts';

/** @throws MachineError `bad-image` when the data is damaged or ends early */
export async function unpackGzip(bytes: Uint8Array): Promise<Uint8Array> {
  const copy = Uint8Array.from(bytes);
  try {
    const stream = new Blob([copy]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    return badImage('the gzip data is damaged', RELOAD_HINT, { cause });
  }
}
