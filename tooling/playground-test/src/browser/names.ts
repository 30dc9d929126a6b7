/** The browsers, by the names that options and rows use: what each is called on a path, its Debian package, its variable. */
export const BROWSER_NAMES = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof BROWSER_NAMES)[number];

export interface BrowserFacts {
  /** Programs to look for, best first. */
  readonly programs: readonly string[];
  readonly debianPackage: string;
  /** Environment variable with the path of a program to use. */
  readonly variable: string;
}

export const BROWSERS: Readonly<Record<BrowserName, BrowserFacts>> = {
  chromium: { programs: ['chromium', 'chromium-browser', 'google-chrome'], debianPackage: 'chromium', variable: 'WASM_TCG_CHROMIUM' },
  firefox: { programs: ['firefox-esr', 'firefox'], debianPackage: 'firefox-esr', variable: 'WASM_TCG_FIREFOX' },
};
