/**
 * Makes a function of text, as schemas and column lists are compiled: its fields then have fixed places for
 * V8, which a loop over names does not find.
 *
 * @param names - of the parameters
 * @param body - written by the caller alone; names that come from data must stand in it as JSON strings
 * @returns undefined where functions can't be made so (`--disallow-code-generation-from-strings`)
 */
export function compileFunction<Compiled>(
  names: readonly string[],
  body: string,
): Compiled | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
    return new Function(...names, body) as Compiled
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}
