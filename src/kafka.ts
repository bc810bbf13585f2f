// Reading and writing Kafka topics
export { kafkaSource, type KafkaSourceOptions } from './sources/kafkaSource.ts'
export type { KafkaConnection, KafkaSasl } from './kafka/connection.ts'
