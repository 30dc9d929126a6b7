/** A browser that stories are run in. */
import type { Page } from 'playwright-core';
import type { Tab } from '../tab.ts';
import type { BrowserName } from './names.ts';

export interface TabOptions {
  /** Address of the site. */
  readonly address: string;
  readonly scheme?: 'light' | 'dark';
  /** CSS pixels; default {@link DESKTOP}. */
  readonly size?: Size;
  /** Source text that runs in the page before its own does. */
  readonly before?: string;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const DESKTOP: Size = { width: 1280, height: 800 };
export const PHONE: Size = { width: 390, height: 844 };

export interface Browser {
  readonly name: BrowserName;
  readonly version: string;
  /** A page of its own, that shares nothing with other pages. */
  newTab(options: TabOptions): Promise<Tab>;
  close(): Promise<void>;
}

/** A tab with all that playwright can do with it: for stories that Chromium alone is asked for. */
export interface ChromiumTab extends Tab {
  readonly page: Page;
}
