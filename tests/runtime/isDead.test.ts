import { describe, expect, it } from 'vitest'
import { claimOf, isDead } from '../../src/runtime/isDead.ts'

describe('isDead', () => {
  const graveyard = { dead: ['3-a', '6-b'], decided: { 3: '3-a', 4: '3-a', 6: '6-b', 9: '9-c' } }

  it('spares what an attempt committed', () => {
    expect(isDead(graveyard, 4, '3-a')).toBe(false)
  })

  it('takes what an attempt prepared at or past an epoch that names another', () => {
    expect(isDead(graveyard, 6, '3-a')).toBe(true)
    expect(isDead(graveyard, 7, '3-a')).toBe(true)
  })

  it('takes nothing on the word of a checkpoint that is not there', () => {
    expect(isDead(graveyard, 5, '3-a')).toBe(false)
    expect(isDead(graveyard, 8, '6-b')).toBe(false)
  })

  it('never touches attempts that are not known to be dead', () => {
    expect(isDead(graveyard, 9, '9-d')).toBe(false)
    expect(isDead(graveyard, 12, '11-e')).toBe(false)
  })
})

describe('claimOf', () => {
  it('is the number in front of the name', () => {
    expect(claimOf('12-9f1c22ab')).toBe(12)
  })
})
