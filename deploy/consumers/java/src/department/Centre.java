package department;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import shoujie.router.v1.Commands;
import shoujie.router.v1.TicketOuterClass;
import shoujie.router.v1.TicketServiceGrpc;

/** The centre's side: acts on tickets by gRPC, each sent until it has a definite answer. */
final class Centre {
  /** The centre does not do it, and never will: "REASON: what is wrong and what to do". */
  static final class Refused extends Exception {
    Refused(String why) {
      super(why);
    }
  }

  // Whether the command was carried out is not known: the same one is sent again, under the same request id.
  private static final Set<Status.Code> UNKNOWN =
      EnumSet.of(
          Status.Code.UNAVAILABLE,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.ABORTED,
          Status.Code.CANCELLED,
          Status.Code.INTERNAL,
          Status.Code.UNKNOWN);
  private static final long CALL_SECONDS = 5;
  private static final long PAUSE_MS_FIRST = 200;
  private static final long PAUSE_MS_MAX = 2_000;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ManagedChannel channel;
  private final TicketServiceGrpc.TicketServiceBlockingStub tickets;

  Centre(String server, String token) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    channel = ManagedChannelBuilder.forTarget(server).usePlaintext().build();
    tickets = TicketServiceGrpc.newBlockingStub(channel).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  /** A UUID of version 7: the time in milliseconds, then random bits. */
  static String newRequestId() {
    byte[] random = new byte[10];
    RANDOM.nextBytes(random);
    ByteBuffer bits = ByteBuffer.wrap(random);
    long high = System.currentTimeMillis() << 16 | 0x7000 | bits.getShort() & 0x0fff;
    long low = bits.getLong() & 0x3fffffffffffffffL | 0x8000000000000000L;
    return new UUID(high, low).toString();
  }

  void carryOut(String ticket, Ledger.Act act) throws Refused, InterruptedException {
    for (long pause = PAUSE_MS_FIRST; ; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
      try {
        send(tickets.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS), ticket, act);
        return;
      } catch (StatusRuntimeException error) {
        Status status = error.getStatus();
        if (status.getCode() == Status.Code.UNAUTHENTICATED) {
          throw error;
        }
        if (!UNKNOWN.contains(status.getCode())) {
          throw new Refused(status.getDescription());
        }
      }
      // The same request again, each time a little later: the centre answers it once.
      Thread.sleep(pause);
    }
  }

  void close() {
    channel.shutdownNow();
  }

  private static void send(TicketServiceGrpc.TicketServiceBlockingStub to, String ticket, Ledger.Act act) {
    String id = act.id();
    int handoff = act.handoff();
    switch (act.act()) {
      // How to reach the customer. Used and forgotten: it is personal, and each reading is recorded with its purpose.
      case "details" ->
          to.getContactDetails(
              Commands.GetContactDetailsRequest.newBuilder()
                  .setName(ticket)
                  .setRequestId(id)
                  .setPurpose("appointment for the delivery")
                  .build());
      case "sign" ->
          to.signHandoff(
              Commands.SignHandoffRequest.newBuilder().setName(ticket).setRequestId(id).setHandoff(handoff).build());
      case "refuse" ->
          to.refuseHandoff(
              Commands.RefuseHandoffRequest.newBuilder()
                  .setName(ticket)
                  .setRequestId(id)
                  .setHandoff(handoff)
                  .setReason(TicketOuterClass.HandoffReason.HANDOFF_REASON_NOT_OUR_DUTY)
                  .setEvidence("matters of this category are not in the department's list of duties")
                  .build());
      case "progress" ->
          to.reportProgress(
              Commands.ReportProgressRequest.newBuilder()
                  .setName(ticket)
                  .setRequestId(id)
                  .setHandoff(handoff)
                  .setText("the parcel is packed")
                  .build());
      case "done" ->
          to.completeHandoff(
              Commands.CompleteHandoffRequest.newBuilder()
                  .setName(ticket)
                  .setRequestId(id)
                  .setHandoff(handoff)
                  .setResult("sent by courier")
                  .build());
      default -> throw new IllegalArgumentException(act.act());
    }
  }
}
