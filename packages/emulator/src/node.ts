/** `@wasm-tcg/emulator/node`: what programs in Node need besides. */
export { lowerCompilerPriority } from './host/compiler-priority.ts';
export { openFileDrive, type FileDrive } from './host/file-drive.ts';
