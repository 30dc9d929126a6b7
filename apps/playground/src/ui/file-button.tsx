import type { JSX } from 'preact';

export interface FileButtonProps {
  readonly text: string;
  readonly multiple?: boolean;
  readonly primary?: boolean;
  readonly testId?: string;
  /** At least one. */
  readonly onFiles: (files: readonly File[]) => void;
}

/** A file picker that looks like a button: the input itself has the focus and the keys. The same file can be chosen again. */
export function FileButton({ text, multiple = false, primary = false, testId, onFiles }: FileButtonProps): JSX.Element {
  return (
    <label class={`file-button${primary ? ' primary' : ''}`}>
      <input
        type="file"
        multiple={multiple}
        data-testid={testId}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
      {text}
    </label>
  );
}
