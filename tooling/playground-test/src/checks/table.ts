/** All stories, in the order they run. */
import type { Story } from '../story.ts';
import { FRAME_STORIES } from './frame.ts';

export const STORIES: readonly Story[] = [...FRAME_STORIES];
