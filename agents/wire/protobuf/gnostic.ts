/**
 * An OpenAPI v2 document in the protobuf form of gnostic (openapi.v2.Document), the only one that kubectl up to 1.28 takes.
 *
 * Gnostic's messages mirror the JSON with these habits, and so they are written down here as tables of field numbers:
 *
 *   GN1  An object with arbitrary keys is a repeated field of Named messages {1: name, 2: value}.
 *   GN2  What may be one of several things is a message with one field for each: a parameter is written out (1) or referred
 *        to (2), written out it is a body (1) or not (2), not a body it is in the query (3) or the path (4).
 *   GN3  Any value (extensions, enumerated values, defaults) is Any {2: yaml}, and JSON is YAML.
 *   GN4  A key that no table knows is an error here, never a silent loss.
 *
 * Field numbers: gnostic's OpenAPIv2.proto.
 */
import { finish, type Steps } from '../../base/steps.ts'
import { ProtobufWriter } from './writer.ts'

type Json = Readonly<Record<string, unknown>>
type Write = (writer: ProtobufWriter, number: number, value: unknown) => void
type Message = Readonly<Record<string, readonly [number, Write]>>

const text: Write = (writer, number, value) => { writer.string(number, value as string) }
const texts: Write = (writer, number, value) => { for (const each of value as readonly string[]) writer.string(number, each) }
const boolean: Write = (writer, number, value) => {
  if (value !== true) return
  writer.tag(number, 0)
  writer.varint(1)
}
const integer: Write = (writer, number, value) => {
  writer.tag(number, 0)
  writer.integer(value)
}
const double: Write = (writer, number, value) => {
  writer.tag(number, 1)
  writer.double(value as number)
}
/** GN3 */
const any: Write = (writer, number, value) => { writer.message(number, () => { writer.string(2, `${JSON.stringify(value)}\n`) }) }
const anys: Write = (writer, number, value) => { for (const each of value as readonly unknown[]) any(writer, number, each) }

/** GN1 */
function named(write: Write): Write {
  return (writer, number, value) => {
    for (const [name, each] of Object.entries(value as Json)) {
      writer.message(number, () => {
        writer.string(1, name)
        write(writer, 2, each)
      })
    }
  }
}

/** A message around one field; what is inside is written as that field. */
function inside(path: readonly number[], write: Write): Write {
  const [first, ...rest] = path
  return first === undefined ? write : (writer, number, value) => { writer.message(number, () => { inside(rest, write)(writer, first, value) }) }
}

function each(write: Write): Write {
  return (writer, number, value) => { for (const one of value as readonly unknown[]) write(writer, number, one) }
}

/** extensions: the number under which keys that begin with x- go. */
function message(fields: () => Message, extensions?: number): Write {
  return (writer, number, value) => { writer.message(number, () => { writeFields(writer, fields(), extensions, value as Json) }) }
}

function writeFields(writer: ProtobufWriter, fields: Message, extensions: number | undefined, value: Json): void {
  for (const [key, part] of Object.entries(value)) {
    if (part === undefined) continue
    if (Object.hasOwn(fields, key)) {
      const [number, write] = fields[key]!
      write(writer, number, part)
    } else if (extensions !== undefined && key.startsWith('x-')) named(any)(writer, extensions, { [key]: part })
    else throw new Error(`OpenAPI v2 as protobuf has no place for ${JSON.stringify(key)}`) // GN4
  }
}

const schemaFields: Message = {
  $ref: [1, text], format: [2, text], title: [3, text], description: [4, text], default: [5, any], required: [19, texts], enum: [20, anys],
  multipleOf: [6, double], maximum: [7, double], exclusiveMaximum: [8, boolean], minimum: [9, double], exclusiveMinimum: [10, boolean],
  maxLength: [11, integer], minLength: [12, integer], pattern: [13, text], maxItems: [14, integer], minItems: [15, integer], uniqueItems: [16, boolean], maxProperties: [17, integer], minProperties: [18, integer],
  additionalProperties: [21, (writer, number, value) => { (typeof value === 'boolean' ? inside([2], boolean) : inside([1], schema))(writer, number, value) }],
  type: [22, inside([1], text)],
  items: [23, inside([1], (writer, number, value) => { schema(writer, number, value) })],
  allOf: [24, each((writer, number, value) => { schema(writer, number, value) })],
  properties: [25, inside([1], named((writer, number, value) => { schema(writer, number, value) }))],
  externalDocs: [29, message(() => ({ description: [1, text], url: [2, text] }), 3)],
  example: [30, any],
}
const schema: Write = message(() => schemaFields, 31)

const bodyParameter: Message = { description: [1, text], name: [2, text], in: [3, text], required: [4, boolean], schema: [5, schema] }
const queryParameter: Message = { required: [1, boolean], in: [2, text], description: [3, text], name: [4, text], type: [6, text], format: [7, text], uniqueItems: [20, boolean] }
const pathParameter: Message = { required: [1, boolean], in: [2, text], description: [3, text], name: [4, text], type: [5, text], format: [6, text], uniqueItems: [19, boolean] }

/** GN2, written out. */
const parameter: Write = (writer, number, value) => {
  const place = (value as Json)['in']
  const write = place === 'body' ? inside([1], message(() => bodyParameter, 6))
    : place === 'query' ? inside([2, 3], message(() => queryParameter, 23))
      : place === 'path' ? inside([2, 4], message(() => pathParameter, 22))
        : undefined
  if (write === undefined) throw new Error(`OpenAPI v2 as protobuf has no place for a parameter in ${JSON.stringify(place)}`) // GN4
  write(writer, number, value)
}

const reference = message(() => ({ $ref: [1, text], description: [2, text] }))

/** GN2, either way. */
const parameterItem: Write = (writer, number, value) => {
  const isReference = Object.hasOwn(value as Json, '$ref')
  inside([isReference ? 2 : 1], isReference ? reference : parameter)(writer, number, value)
}

const response = message(() => ({ description: [1, text], schema: [2, inside([1], schema)] }), 5)

const operation = message(() => ({
  tags: [1, texts], summary: [2, text], description: [3, text], operationId: [5, text], produces: [6, texts], consumes: [7, texts],
  parameters: [8, each(parameterItem)], responses: [9, inside([1], named(inside([1], response)))], schemes: [10, texts], deprecated: [11, boolean],
}), 13)

const pathItem = message(() => ({
  get: [2, operation], put: [3, operation], post: [4, operation], delete: [5, operation], options: [6, operation], head: [7, operation], patch: [8, operation],
  parameters: [9, each(parameterItem)],
}), 10)

/** Only keys of the API are served. */
const apiKey = message(() => ({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }), 5)

const documentFields: Message = {
  swagger: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [2, text], description: [3, text] }), 7)],
  consumes: [6, texts],
  produces: [7, texts],
  parameters: [10, inside([1], named(parameter))],
  security: [12, each(inside([1], named(message(() => ({ scopes: [1, texts] })))))],
  securityDefinitions: [13, inside([1], named(inside([2], apiKey)))],
}

/** What there are hundreds of: the document's field, the field of its entries, and how one is written. */
const crowds = new Map<string, readonly [number: number, entries: number, Write]>([['paths', [8, 2, named(pathItem)]], ['definitions', [9, 1, named(schema)]]])

export function encodeOpenApiV2(document: object): Uint8Array {
  return finish(encodeOpenApiV2Steps(document))
}

/** In steps, since all of it takes longer than others should have to wait. */
export function* encodeOpenApiV2Steps(document: object): Steps<Uint8Array> {
  const writer = new ProtobufWriter()
  for (const [key, part] of Object.entries(inTheirForm(document as Json))) {
    const crowd = crowds.get(key)
    if (crowd === undefined) {
      writeFields(writer, documentFields, 16, { [key]: part })
      continue
    }
    const [number, entries, write] = crowd
    const start = writer.open(number)
    for (const [name, value] of Object.entries(part as Json)) {
      write(writer, entries, { [name]: value })
      yield
    }
    writer.close(start)
  }
  return writer.finish()
}

/** The one place where JSON has a bare list and protobuf a message around it: the scopes of a security requirement. */
function inTheirForm(document: Json): Json {
  const security = document['security'] as readonly Json[] | undefined
  if (security === undefined) return document
  return { ...document, security: security.map(entry => Object.fromEntries(Object.entries(entry).map(([name, scopes]) => [name, { scopes }]))) }
}
