/** A component for component.test.ts that ends in each of the ways a process can end. */
import { runComponent } from './component.ts'
import { defineFlags } from './flags.ts'

await runComponent({
  name: 'sample',
  shutdownMs: 200,
  flags: defineFlags({ mode: { type: 'string', default: 'run', help: 'How to end.' } }),
  start({ flags, log, lifetime }) {
    if (flags.mode === 'fail') throw new Error('no ground to stand on')
    if (flags.mode === 'throw') setTimeout(() => { throw new Error('out of the blue') }, 1)
    if (flags.mode === 'reject') setTimeout(() => { void Promise.reject(new Error('forgotten')) }, 1)
    lifetime.onEnd(() => (flags.mode === 'hang' ? new Promise<void>(() => {}) : log.info('sample let go')))
    log.info('sample is up')
  },
})
