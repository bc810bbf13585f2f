// Reading and writing Kafka topics
export { kafkaSource, type KafkaSourceOptions } from './sources/kafkaSource.ts'
export { kafkaSink, type KafkaBytes, type KafkaSinkOptions } from './sinks/kafkaSink.ts'
export type { KafkaConnection, KafkaSasl } from './kafka/connection.ts'
export type { KafkaCompression } from './kafka/kafkaPort.ts'
