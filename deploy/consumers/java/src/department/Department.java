package department;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A department's own program: takes the offers that its department gets, and answers them.
 *
 * <p>It knows nothing of the centre but the published contract: proto/shoujie/router/v1/tickets.asyncapi.yaml says what comes from
 * Kafka, the protos beside it what can be answered. See deploy/consumers/README.md.
 */
public final class Department {
  /** What came of the records; printed as JSON at the end. */
  private static final class Counts {
    int records;
    int unreadable;
    int passed;
    int dropped;
    int taken;
    final Map<String, Integer> acts = new LinkedHashMap<>();
    int declined;
  }

  private static final Gson GSON = new Gson();
  // A program that was killed holds its partitions for so long; longer than an attempt at an act.
  private static final int SESSION_MS = 10_000;
  private static final Duration POLL = Duration.ofMillis(200);

  private final Options options;
  private final Ledger ledger;
  private final Centre centre;
  private final Counts counts = new Counts();

  private Department(Options options, Centre centre) throws Exception {
    this.options = options;
    this.ledger = new Ledger(options.state());
    this.centre = centre;
    finish(); // an earlier run may have ended between taking an event and the answers
  }

  private void take(Headers headers, byte[] value) throws Exception {
    counts.records++;
    String event;
    String ticket;
    String sequence;
    JsonObject change;
    boolean ours;
    try {
      event = attribute(headers, "type");
      ticket = attribute(headers, "subject");
      sequence = attribute(headers, "sequence");
      change = GSON.fromJson(new String(value, StandardCharsets.UTF_8), JsonObject.class);
      JsonArray departments = change.has("departments") ? change.getAsJsonArray("departments") : new JsonArray();
      ours = departments.contains(new JsonPrimitive(options.department()));
    } catch (RuntimeException e) {
      counts.unreadable++; // not of this contract
      return;
    }
    if (!ours) {
      counts.passed++;
      return;
    }
    if (sequence.compareTo(ledger.highest(ticket)) <= 0) {
      counts.dropped++;
      return;
    }
    ledger.take(ticket, sequence, actsAfter(event, change));
    counts.taken++;
    finish();
  }

  private static String attribute(Headers headers, String name) {
    return new String(headers.lastHeader("ce_" + name).value(), StandardCharsets.UTF_8);
  }

  /** What is to be done. Of events that it does not know, nothing. */
  private List<Ledger.Act> actsAfter(String event, JsonObject change) {
    if (!event.equals("shoujie.ticket.offered.v1")) {
      return List.of();
    }
    boolean refuse = change.has("category") && options.refuse().contains(change.get("category").getAsString());
    int handoff = change.get("handoff").getAsInt();
    return (refuse ? List.of("refuse") : options.act())
        .stream().map(act -> new Ledger.Act(act, handoff, Centre.newRequestId())).toList();
  }

  /** Carries out what is open: in order, until one is refused. Done again after a crash, the acts have the same ids and answers. */
  private void finish() throws IOException, InterruptedException {
    Ledger.Taken taken = ledger.open();
    if (taken == null) {
      return;
    }
    for (Ledger.Act act : taken.acts()) {
      String answer = "OK";
      try {
        centre.carryOut(taken.ticket(), act);
        counts.acts.merge(act.act(), 1, Integer::sum);
      } catch (Centre.Refused refused) {
        answer = refused.getMessage();
        counts.declined++;
      }
      JsonObject line = new JsonObject();
      line.addProperty("act", act.act());
      line.addProperty("ticket", taken.ticket());
      line.addProperty("answer", answer);
      System.out.println(line);
      if (!answer.equals("OK")) {
        break;
      }
    }
    ledger.settle();
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer) throws Exception {
    consumer.subscribe(List.of(options.topic()));
    long last = System.nanoTime();
    while (options.untilIdle() == null || System.nanoTime() - last < options.untilIdle().toNanos()) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        take(record.headers(), record.value());
        try {
          consumer.commitSync(
              Map.of(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1)));
        } catch (CommitFailedException error) { // the partition is another's by now: the record comes again, and is dropped
          System.err.println("run: " + error.getMessage());
        }
        last = System.nanoTime();
      }
      if (consumer.assignment().isEmpty()) {
        last = System.nanoTime(); // not yet asked for anything
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Options options = Options.read(arguments);
    Centre centre = new Centre(options.server(), Files.readString(options.tokenFile()).strip());
    Department department = new Department(options, centre);
    Properties settings = new Properties();
    settings.put("bootstrap.servers", options.kafka());
    settings.put("group.id", options.group());
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    settings.put("session.timeout.ms", SESSION_MS);
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    Thread main = Thread.currentThread();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> { // SIGTERM: the group is left in order
                  consumer.wakeup();
                  try {
                    main.join(10_000);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    try {
      department.follow(consumer);
    } catch (WakeupException e) {
      // told to end
    } finally {
      consumer.close();
      centre.close();
      System.out.println(GSON.toJson(department.counts));
    }
  }
}
