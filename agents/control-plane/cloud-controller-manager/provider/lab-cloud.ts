/**
 * The lab's cloud over its unix socket.
 *
 *   LC1  A question that is not answered within 10 s is given up.
 *   LC2  What the cloud refuses is thrown with the cloud's own words.
 */
import { request } from 'node:http'
import { cloudPaths, type CloudRoute, type CloudVolume, type Instance, type LoadBalancer } from '../../../wire/cloud/cloud-api.ts'
import type { Cloud } from './cloud.ts'

const answerMs = 10_000

export class CloudError extends Error {
  override readonly name = 'CloudError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function createLabCloud(socketPath: string, limitMs = answerMs): Cloud {
  const ask = <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => exchange<T>({ socketPath, method, path, body, signal, limitMs })
  const named = (base: string, name: string): string => `${base}/${encodeURIComponent(name)}`
  return {
    instances: signal => ask<readonly Instance[]>('GET', cloudPaths.instances, undefined, signal),
    routes: signal => ask<readonly CloudRoute[]>('GET', cloudPaths.routes, undefined, signal),
    ensureRoute: ({ name, ...route }, signal) => ask('PUT', named(cloudPaths.routes, name), route, signal),
    deleteRoute: (name, signal) => ask('DELETE', named(cloudPaths.routes, name), undefined, signal),
    loadBalancer: (name, signal) => ask<LoadBalancer>('GET', named(cloudPaths.loadBalancers, name), undefined, signal).catch((error: unknown) => {
      if (error instanceof CloudError && error.status === 404) return undefined
      throw error
    }),
    loadBalancers: signal => ask<readonly LoadBalancer[]>('GET', cloudPaths.loadBalancers, undefined, signal),
    ensureLoadBalancer: (name, wish, signal) => ask<LoadBalancer>('PUT', named(cloudPaths.loadBalancers, name), wish, signal),
    deleteLoadBalancer: (name, signal) => ask('DELETE', named(cloudPaths.loadBalancers, name), undefined, signal),
    volumes: signal => ask<readonly CloudVolume[]>('GET', cloudPaths.volumes, undefined, signal),
    ensureVolume: (id, sizeBytes, signal) => ask<CloudVolume>('PUT', named(cloudPaths.volumes, id), { sizeBytes }, signal),
    deleteVolume: (id, signal) => ask('DELETE', named(cloudPaths.volumes, id), undefined, signal),
    plugIn: (id, node, signal) => ask('PUT', named(`${named(cloudPaths.volumes, id)}/machines`, node), undefined, signal),
    takeOut: (id, node, signal) => ask('DELETE', named(`${named(cloudPaths.volumes, id)}/machines`, node), undefined, signal),
  }
}

interface Question {
  readonly socketPath: string
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly signal: AbortSignal | undefined
  readonly limitMs: number
}

function exchange<T>({ socketPath, method, path, body, signal, limitMs }: Question): Promise<T> {
  const limit = AbortSignal.timeout(limitMs) // LC1
  const failure = (error: Error): Error => (limit.aborted ? new Error(`the cloud did not answer ${method} ${path} within ${limitMs / 1_000} s`) : new Error(`the cloud cannot be reached at ${socketPath}: ${error.message}`, { cause: error }))
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const asked = request({ socketPath, method, path, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]), headers: payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', error => { reject(failure(error)) })
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const status = response.statusCode ?? 0
        if (status >= 400) reject(new CloudError(status, messageOf(text, status))) // LC2
        else resolve((text === '' ? undefined : JSON.parse(text)) as T)
      })
    })
    asked.on('error', error => { reject(failure(error)) })
    asked.end(payload)
  })
}

function messageOf(text: string, status: number): string {
  try {
    return (JSON.parse(text) as { message: string }).message
  } catch {
    return `the cloud answered with status ${status}`
  }
}
