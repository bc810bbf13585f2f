import type { SourceContext, SourceReader } from '../../core/unit.ts'
import { openFileIndex } from './fileIndex.ts'
import { landingReader, type LandingReaderOptions } from './landingReader.ts'
import { patientDisk } from './patientDisk.ts'
import { settling } from './settling.ts'
import { tails } from './tails.ts'

type Given = Omit<LandingReaderOptions, 'context' | 'index' | 'settling' | 'tails'>

/** A landing zone's reader, which goes on from where the last checkpoint stands. */
export async function openLanding(given: Given, context: SourceContext): Promise<SourceReader> {
  const { clock, signal, restored } = context
  return landingReader({
    ...given,
    context,
    disk: patientDisk({ disk: given.disk, clock, signal }),
    index: await openFileIndex(restored),
    settling: settling(() => clock.now()),
    tails: tails(),
  })
}
