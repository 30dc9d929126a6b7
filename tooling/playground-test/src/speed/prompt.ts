/** What the guests' shell asks for a command with. */
export const PROMPT = /wasm-tcg:~# /;
