/** Hand a file to the user. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken its reference by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
