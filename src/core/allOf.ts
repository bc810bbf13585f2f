/**
 * Like `Promise.all`, but waits for all of them also where one fails: then nothing is under way any more that
 * nobody waits for. Of several failures the first in the list counts.
 */
export async function allOf<const Work extends readonly Promise<unknown>[]>(
  work: Work,
): Promise<{ -readonly [At in keyof Work]: Awaited<Work[At]> }> {
  const ended = await Promise.allSettled(work)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return Promise.all(work)
}
