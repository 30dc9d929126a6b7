/** The vectors recorded on a real processor: what they say, and how to read and write their files. */
export * from './format/environment.ts';
export * from './format/error.ts';
export * from './format/vector.ts';
export { decodeFile, encodeFile } from './format/file.ts';
export type { Encoding, FileHeader, Form, State, VectorFile } from './format/file.ts';
