// Finds Chromium for tests of pages, and installs Debian's where there is none:
// `node scripts/browser/chromium.ts`.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of an installed Chromium. */
const chromiumPath = (): string | undefined => PLACES.find((path) => existsSync(path))

/** Installs Debian's Chromium and a font by apt-get, which needs root or sudo, unless it is there. */
export function installChromium(): string {
  const found = chromiumPath()
  if (found !== undefined) return found
  const apt = (...args: string[]): void => {
    const command = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', ...args]
    const [program, ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
    execFileSync(program!, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  apt('update', '-qq')
  apt('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core')
  const installed = chromiumPath()
  if (installed === undefined) throw new Error('apt-get installed chromium, yet it is not there')
  return installed
}

if (import.meta.main) console.log(installChromium())
