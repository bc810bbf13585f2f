import type { Suite } from '../../src/quality.ts'
import { bronzeReddit } from './bronzeReddit.ts'
import { bronzeTwitter } from './bronzeTwitter.ts'
import { bronzeYoutube } from './bronzeYoutube.ts'
import { goldDimensions } from './goldDimensions.ts'
import { goldFacts } from './goldFacts.ts'
import { goldMarts } from './goldMarts.ts'
import { silverPosts } from './silverPosts.ts'

/** Of what the streams committed: raw records and clean posts. */
export const committed: readonly Suite[] = [bronzeTwitter, bronzeReddit, bronzeYoutube, silverPosts]

/** Every suite of the platform. */
export const suites: readonly Suite[] = [...committed, goldDimensions, goldFacts, goldMarts]
