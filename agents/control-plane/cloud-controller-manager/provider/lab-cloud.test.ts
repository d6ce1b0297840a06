import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLabCloud } from './lab-cloud.ts'

/** A cloud that answers as it is told, and the client of it. */
async function cloudThat(answer: RequestListener, limitMs?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-cloud-'))
  const socket = join(folder, 'cloud.sock')
  const server = createServer(answer)
  await new Promise<void>(resolve => { server.listen(socket, resolve) })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return createLabCloud(socket, limitMs)
}

describe('the lab\'s cloud over its socket', () => {
  test('LC1: no answer at all, and one that does not end, are given up', async () => {
    const silent = await cloudThat(() => {}, 50)
    await expect(silent.instances()).rejects.toThrow('the cloud did not answer GET /v1/instances within 0.05 s')
    const endless = await cloudThat((_, response) => { response.writeHead(200).write('[') }, 50)
    await expect(endless.deleteLoadBalancer('a/b')).rejects.toThrow('the cloud did not answer DELETE /v1/load-balancers/a%2Fb within 0.05 s')
  })

  test('LC1: whoever asked may give up earlier', async () => {
    const silent = await cloudThat(() => {})
    const gaveUp = new AbortController()
    const asked = silent.routes(gaveUp.signal)
    gaveUp.abort()
    await expect(asked).rejects.toThrow(/cannot be reached/)
  })

  test('LC2: a refusal has the cloud\'s own words; without any, its status', async () => {
    const refusing = await cloudThat((request, response) => {
      if (request.method === 'PUT') response.writeHead(409).end('{"message":"vol-1 is plugged into node-2; take it out there first"}')
      else response.writeHead(503).end('<html>')
    })
    await expect(refusing.plugIn('vol-1', 'node-1')).rejects.toMatchObject({ name: 'CloudError', status: 409, message: 'vol-1 is plugged into node-2; take it out there first' })
    await expect(refusing.volumes()).rejects.toMatchObject({ status: 503, message: 'the cloud answered with status 503' })
  })

  test('a load balancer that is not there is none; other refusals are refusals', async () => {
    let status = 404
    const cloud = await cloudThat((_, response) => { response.writeHead(status).end('{"message":"no"}') })
    expect(await cloud.loadBalancer('a1')).toBeUndefined()
    status = 503
    await expect(cloud.loadBalancer('a1')).rejects.toThrow('no')
  })

  test('questions and answers are what agents/wire/cloud says', async () => {
    const asked: string[] = []
    const cloud = await cloudThat((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => { body += String(chunk) })
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${body}`.trim())
        if (request.method === 'GET') response.end('[]')
        else response.writeHead(204).end()
      })
    })
    expect(await cloud.instances()).toEqual([])
    await cloud.ensureRoute({ name: 'r/1', node: 'node-1', destination: '10.244.1.0/24' })
    await cloud.ensureVolume('vol-1', 1024)
    await cloud.takeOut('vol-1', 'node-1')
    expect(asked).toEqual(['GET /v1/instances', 'PUT /v1/routes/r%2F1 {"node":"node-1","destination":"10.244.1.0/24"}', 'PUT /v1/volumes/vol-1 {"sizeBytes":1024}', 'DELETE /v1/volumes/vol-1/machines/node-1'])
  })
})
