/** The vectors recorded on a real processor: what they say, how to read and write their files, how to run them. */
export * from './format/environment.ts';
export * from './format/error.ts';
export * from './format/segments.ts';
export * from './format/vector.ts';
export { decodeFile, encodeFile } from './format/file.ts';
export type { Encoding, FileHeader, Form, State, VectorFile } from './format/file.ts';
export { VECTOR_FOLDER, groupNames, openGroup } from './files.ts';
export { compare, wordName } from './compare.ts';
export type { Observed, Verdict } from './compare.ts';
export { Runner, emptyTally } from './runner.ts';
export type { Failure, Tally } from './runner.ts';
export type { Control, Ending, Extent, Target } from './target.ts';
