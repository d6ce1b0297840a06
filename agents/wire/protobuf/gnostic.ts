/**
 * An OpenAPI 2 document in the protobuf form of gnostic (openapi.v2.Document), which is all that kubectl up to 1.28 accepts.
 *
 * Gnostic's messages mirror the JSON, with two habits: an object with arbitrary keys is a message with a repeated
 * "additional properties" field of NamedX {1: name, 2: value}, and an extension is NamedAny {1: name, 2: Any {2: yaml}}.
 *
 *   GN1  Only what openApiV2 makes is covered; anything else is an error here, not a silent loss.
 *   GN2  Extensions are carried as YAML, and JSON is YAML.
 */
import { ProtobufWriter } from './writer.ts'

type Json = Readonly<Record<string, unknown>>

export const gnosticMediaType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** Field numbers of openapi.v2.Schema. */
const schema = {
  ref: 1, format: 2, title: 3, description: 4, required: 19, additionalProperties: 21, type: 22, items: 23, properties: 25, extension: 31,
} as const

export function encodeOpenApiV2(document: Json): Uint8Array {
  const writer = new ProtobufWriter()
  writer.string(1, String(document['swagger']))
  const info = document['info'] as { title: string; version: string }
  writer.message(2, () => {
    writer.string(1, info.title)
    writer.string(2, info.version)
  })
  writer.message(8, () => {
    for (const [path, item] of Object.entries(document['paths'] as Record<string, Json>)) {
      writer.message(2, () => {
        writer.string(1, path)
        writer.message(2, () => { writePathItem(writer, item) })
      })
    }
  })
  writer.message(9, () => {
    for (const [name, definition] of Object.entries(document['definitions'] as Record<string, Json>)) {
      writer.message(1, () => {
        writer.string(1, name)
        writer.message(2, () => { writeSchema(writer, definition) })
      })
    }
  })
  return writer.finish()
}

const methods = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const

function writePathItem(writer: ProtobufWriter, item: Json): void {
  for (const [method, number] of Object.entries(methods)) {
    const operation = item[method] as Json | undefined
    if (operation !== undefined) writer.message(number, () => { writeOperation(writer, operation) })
  }
  for (const parameter of (item['parameters'] ?? []) as Json[]) writer.message(9, () => { writeParameter(writer, parameter) })
}

function writeOperation(writer: ProtobufWriter, operation: Json): void {
  const texts = (number: number, key: string) => { for (const text of (operation[key] ?? []) as string[]) writer.string(number, text) }
  texts(1, 'tags')
  writer.string(3, String(operation['description']))
  writer.string(5, String(operation['operationId']))
  texts(6, 'produces')
  texts(7, 'consumes')
  for (const parameter of (operation['parameters'] ?? []) as Json[]) writer.message(8, () => { writeParameter(writer, parameter) })
  writer.message(9, () => {
    for (const [code, response] of Object.entries(operation['responses'] as Record<string, Json>)) {
      writer.message(1, () => {
        writer.string(1, code)
        writer.message(2, () => { // ResponseValue.response
          writer.message(1, () => {
            writer.string(1, String(response['description']))
            const body = response['schema'] as Json | undefined
            if (body !== undefined) writer.message(2, () => { writer.message(1, () => { writeSchema(writer, body) }) }) // SchemaItem.schema
          })
        })
      })
    }
  })
  texts(10, 'schemes')
  writeExtensions(writer, 13, operation)
}

function writeParameter(writer: ProtobufWriter, parameter: Json): void {
  // ParametersItem.parameter -> Parameter
  writer.message(1, () => {
    if (parameter['in'] === 'body') {
      writer.message(1, () => { // BodyParameter
        writer.string(2, String(parameter['name']))
        writer.string(3, 'body')
        if (parameter['required'] === true) writeBoolean(writer, 4)
        writer.message(5, () => { writeSchema(writer, parameter['schema'] as Json) })
      })
      return
    }
    const isPath = parameter['in'] === 'path'
    writer.message(2, () => { // NonBodyParameter
      writer.message(isPath ? 4 : 3, () => {
        if (parameter['required'] === true) writeBoolean(writer, 1)
        writer.string(2, String(parameter['in']))
        writer.string(3, String(parameter['description']))
        writer.string(4, String(parameter['name']))
        writer.string(isPath ? 5 : 6, String(parameter['type']))
      })
    })
  })
}

function writeSchema(writer: ProtobufWriter, value: Json): void {
  const text = (key: '$ref' | 'format' | 'description', number: number) => { if (value[key] !== undefined) writer.string(number, String(value[key])) }
  text('$ref', schema.ref)
  text('format', schema.format)
  text('description', schema.description)
  for (const name of (value['required'] ?? []) as string[]) writer.string(schema.required, name)
  const additional = value['additionalProperties'] as Json | undefined
  if (additional !== undefined) writer.message(schema.additionalProperties, () => { writer.message(1, () => { writeSchema(writer, additional) }) })
  if (value['type'] !== undefined) writer.message(schema.type, () => { writer.string(1, String(value['type'])) })
  const items = value['items'] as Json | undefined
  if (items !== undefined) writer.message(schema.items, () => { writer.message(1, () => { writeSchema(writer, items) }) })
  const properties = value['properties'] as Record<string, Json> | undefined
  if (properties !== undefined) {
    writer.message(schema.properties, () => {
      for (const [name, property] of Object.entries(properties)) {
        writer.message(1, () => {
          writer.string(1, name)
          writer.message(2, () => { writeSchema(writer, property) })
        })
      }
    })
  }
  writeExtensions(writer, schema.extension, value)
}

/** GN2 */
function writeExtensions(writer: ProtobufWriter, number: number, value: Json): void {
  for (const key of Object.keys(value)) {
    if (!key.startsWith('x-')) continue
    writer.message(number, () => {
      writer.string(1, key)
      writer.message(2, () => { writer.string(2, `${JSON.stringify(value[key])}\n`) })
    })
  }
}

function writeBoolean(writer: ProtobufWriter, number: number): void {
  writer.tag(number, 0)
  writer.varint(1)
}
