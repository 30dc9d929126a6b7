import type { ComponentChildren, JSX } from 'preact';

export interface PanelProps {
  readonly title: string;
  /** What stands at the right of the title. */
  readonly tools?: ComponentChildren;
  readonly class?: string;
  readonly testId?: string;
  readonly children: ComponentChildren;
}

/** A titled part of a view, found by its title by who cannot see it. */
export function Panel({ title, tools, class: name = '', testId, children }: PanelProps): JSX.Element {
  return (
    <section class={`panel ${name}`} aria-label={title} data-testid={testId}>
      <header>
        <h2>{title}</h2>
        {tools === undefined ? null : <div class="end">{tools}</div>}
      </header>
      <div class="body">{children}</div>
    </section>
  );
}
