/** Modules that build.mjs makes of the project's own data, and names that it fills in. */
declare module 'lantern:phrases';
declare module 'lantern:numbers' {
  /** Country code and number each, with blanks between them: "US911 GB999". */
  export const certain: string;
  export const uncertain: string;
  /** With the slot {number}; in the order of the locales. */
  export const doubtful: string[];
  export const unknown: string[];
}
declare module '*.css' {
  const sheet: string;
  export default sheet;
}
declare const VERSION: string;
declare const LATER_INTEGRITY: string;
