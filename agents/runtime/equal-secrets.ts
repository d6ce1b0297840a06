import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether two secrets are the same; how long it takes tells nothing about where they differ, nor about their lengths. */
export function equalSecrets(given: string, kept: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(kept))
}
