const COMMENT = /\{#[\s\S]*?#\}/g

/** A template with blanks in the place of its comments: everything else stays where it is. */
export const withoutComments = (text: string): string =>
  text.replace(COMMENT, (comment) => comment.replaceAll(/[^\n]/g, ' '))

/** The line, from 1, of a place in a text. */
export const lineAt = (text: string, index: number): number =>
  text.slice(0, index).split('\n').length
