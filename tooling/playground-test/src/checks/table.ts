/** All stories, in the order they run. */
import type { LabExample } from '../site/examples.ts';
import type { Story } from '../story.ts';
import { ACCESS_STORIES } from './access.ts';
import { FRAME_STORIES } from './frame.ts';
import { labStories } from './lab.ts';
import { MACHINE_STORIES } from './machine.ts';
import { MAIN_THREAD_STORIES } from './main-thread.ts';
import { OBSERVE_STORIES } from './observe.ts';

export const storiesOf = (examples: readonly LabExample[]): readonly Story[] => [
  ...FRAME_STORIES,
  ...labStories(examples),
  ...MACHINE_STORIES,
  ...OBSERVE_STORIES,
  ...ACCESS_STORIES,
  ...MAIN_THREAD_STORIES,
];
