/** Runs in a machine that becomes a template: uses chance in every way, stands by, and once it is told writes down what chance it then had. */
import { generateKeyPairSync, getRandomValues, randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { standbyVariable } from '../../agents/base/standby.ts'
import { standBy } from '../../agents/runtime/standby.ts'
import { systemRandom } from '../../agents/runtime/system.ts'

/** Each on a thread of its own, with generators of its own. */
const onThreads = () => Promise.all(Array.from({ length: 8 }, () => promisify(randomBytes)(16)))
const draw = async () => ({
  here: randomBytes(16).toString('hex'),
  page: Buffer.from(getRandomValues(new Uint8Array(16))).toString('hex'),
  onThreads: (await onThreads()).map(bytes => bytes.toString('hex')),
  key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }).toString('hex'),
  jitter: systemRandom.next(),
})

await draw()
Math.random()
const words = await standBy(process.env[standbyVariable]!, Date.now, () => Promise.resolve())
writeFileSync('/run/drawn.json', JSON.stringify({ words: words ?? null, notForSecrets: Math.random(), ...(await draw()), uuid: randomUUID() }))
setInterval(() => {}, 60_000)
