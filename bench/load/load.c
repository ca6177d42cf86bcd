// SRTP load: paced senders and draining receivers over sockets whose ICE and DTLS somebody else has done.
//
// Python negotiates (real ICE, DTLS, SDP) and hands over each socket with its SRTP keys; then only the server's own work
// is left to measure. Built as a shared object and driven through ctypes by bench/load/__init__.py:
//   load_reset, load_add_sender, load_add_receiver, load_run.
//
// A sender sends frames of `burst` packets, `pps` packets a second; the senders' phases are spread evenly. Each packet
// ends with CLOCK_MONOTONIC nanoseconds, so a receiver that decrypts every `sample`-th packet knows its age.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ENDS = 1024, MAX_PACKET = 1600, BATCH = 64, MAX_AGES = 4000000, KEYFRAME_EVERY = 250 };
enum { RTP_HEADER = 12, STAMP = 8, TICKS_PER_FRAME = 3600 };

struct sender {
  int fd;
  struct sockaddr_in to;
  srtp_t srtp;
  uint32_t ssrc, timestamp;
  uint16_t sequence;
  uint8_t payload_type;
  long frame;
};

struct receiver {
  int fd;
  srtp_t srtp;
  long packets, gaps, control, other, undecryptable;
  int started;
  uint16_t last;
};

struct result {
  double sent, received, gaps, undecryptable, control, seconds, sender_cpu_s, receiver_cpu_s;
  double age_p50_us, age_p95_us, age_p99_us, age_max_us, ages;
};

static struct sender senders[MAX_ENDS];
static struct receiver receivers[MAX_ENDS];
static int sender_count, receiver_count, sample_every, receiver_core;
static float *ages;
static long age_count;
static volatile int stopping;
static double receiver_cpu_s;

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static double thread_cpu_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void pin_to(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// AEAD_AES_128_GCM (RFC 7714), the profile every client of ours and Janus agree on.
static int open_srtp(srtp_t *out, const uint8_t *key, srtp_ssrc_type_t direction) {
  srtp_policy_t policy;
  memset(&policy, 0, sizeof policy);
  srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
  srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  policy.key = (uint8_t *)key;
  policy.ssrc.type = direction;
  policy.window_size = 4096;
  policy.allow_repeat_tx = 1;
  return srtp_create(out, &policy);
}

void load_reset(void) {
  static int initialised;
  if (!initialised) srtp_init();
  initialised = 1;
  for (int i = 0; i < sender_count; i++) srtp_dealloc(senders[i].srtp);
  for (int i = 0; i < receiver_count; i++) srtp_dealloc(receivers[i].srtp);
  sender_count = receiver_count = 0;
}

int load_add_sender(int fd, const char *ip, int port, const uint8_t *key, uint32_t ssrc, int payload_type) {
  if (sender_count == MAX_ENDS) return -1;
  struct sender *s = &senders[sender_count];
  memset(s, 0, sizeof *s);
  s->fd = fd;
  s->to.sin_family = AF_INET;
  s->to.sin_port = htons(port);
  inet_pton(AF_INET, ip, &s->to.sin_addr);
  s->ssrc = ssrc;
  s->payload_type = payload_type;
  s->sequence = 1000;
  return open_srtp(&s->srtp, key, ssrc_any_outbound) ? -1 : sender_count++;
}

int load_add_receiver(int fd, const uint8_t *key) {
  if (receiver_count == MAX_ENDS) return -1;
  struct receiver *r = &receivers[receiver_count];
  memset(r, 0, sizeof *r);
  r->fd = fd;
  int bytes = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return open_srtp(&r->srtp, key, ssrc_any_inbound) ? -1 : receiver_count++;
}

// The payload starts with a VP8 descriptor (RFC 7741) and, on the first packet of a keyframe, a 1280x720 frame header.
static void write_payload(uint8_t *packet, int size, int first_of_frame, int keyframe) {
  static const uint8_t keyframe_header[] = {0x50, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02};
  memset(packet + RTP_HEADER, 0x5a, size - RTP_HEADER);
  packet[RTP_HEADER] = first_of_frame ? 0x10 : 0x00;
  if (first_of_frame && keyframe) memcpy(packet + RTP_HEADER + 1, keyframe_header, sizeof keyframe_header);
  else packet[RTP_HEADER + 1] = 0x51;
}

static int send_packet(struct sender *s, int size, int first, int last) {
  uint8_t packet[MAX_PACKET];
  uint32_t timestamp = htonl(s->timestamp), ssrc = htonl(s->ssrc);
  uint16_t sequence = htons(s->sequence++);
  packet[0] = 0x80;
  packet[1] = s->payload_type | (last ? 0x80 : 0);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  write_payload(packet, size, first, s->frame % KEYFRAME_EVERY == 0);
  long stamp = now_ns();
  memcpy(packet + size - STAMP, &stamp, STAMP);
  int length = size;
  if (srtp_protect(s->srtp, packet, &length)) return 0;
  return sendto(s->fd, packet, length, 0, (struct sockaddr *)&s->to, sizeof s->to) > 0;
}

static void note_age(struct receiver *r, uint8_t *packet, int length) {
  if (srtp_unprotect(r->srtp, packet, &length)) {
    r->undecryptable++;
    return;
  }
  long sent, age;
  memcpy(&sent, packet + length - STAMP, STAMP);
  age = now_ns() - sent;
  if (age > 0 && age < 5000000000L && age_count < MAX_AGES) ages[age_count++] = age / 1000.0f;
}

static void take(struct receiver *r, uint8_t *packet, int length) {
  if (length < RTP_HEADER + STAMP || packet[0] >> 6 != 2) { r->other++; return; }
  if (packet[1] >= 192 && packet[1] <= 223) { r->control++; return; }  // RTCP (RFC 5761)
  uint16_t sequence = packet[2] << 8 | packet[3];
  if (r->started && (uint16_t)(sequence - r->last) != 1) r->gaps++;
  r->last = sequence;
  r->started = 1;
  if (++r->packets % sample_every == 0) note_age(r, packet, length);
}

static void *receive_all(void *unused) {
  static uint8_t buffers[BATCH][2048];
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct epoll_event ready[256];
  (void)unused;
  pin_to(receiver_core);
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int poll = epoll_create1(0);
  for (int i = 0; i < receiver_count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    epoll_ctl(poll, EPOLL_CTL_ADD, receivers[i].fd, &event);
  }
  double cpu = thread_cpu_s();
  while (!stopping) {
    int count = epoll_wait(poll, ready, 256, 10);
    for (int i = 0; i < count; i++) {
      struct receiver *r = &receivers[ready[i].data.u32];
      int got;
      do {
        got = recvmmsg(r->fd, messages, BATCH, MSG_DONTWAIT, 0);
        for (int j = 0; j < got; j++) take(r, buffers[j], messages[j].msg_len);
      } while (got == BATCH);
    }
  }
  receiver_cpu_s = thread_cpu_s() - cpu;
  close(poll);
  return 0;
}

static int by_size(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

static double age_at(double share) { return age_count ? ages[(long)((age_count - 1) * share)] : 0; }

static void sum_up(struct result *out) {
  for (int i = 0; i < receiver_count; i++) {
    out->received += receivers[i].packets;
    out->gaps += receivers[i].gaps;
    out->undecryptable += receivers[i].undecryptable;
    out->control += receivers[i].control;
  }
  qsort(ages, age_count, sizeof *ages, by_size);
  out->age_p50_us = age_at(0.50);
  out->age_p95_us = age_at(0.95);
  out->age_p99_us = age_at(0.99);
  out->age_max_us = age_at(1.00);
  out->ages = age_count;
}

// Sends for `seconds`; sizes[] are the packet sizes of one frame (RTP header included), `burst` of them.
int load_run(double pps, int burst, const int *sizes, double seconds, int sample, int sender_core, int sink_core, struct result *out) {
  memset(out, 0, sizeof *out);
  stopping = 0;
  age_count = 0;
  sample_every = sample;
  receiver_core = sink_core;
  if (!ages) ages = malloc(MAX_AGES * sizeof *ages);
  for (int i = 0; i < receiver_count; i++) {
    receivers[i].packets = receivers[i].gaps = receivers[i].control = receivers[i].other = receivers[i].undecryptable = 0;
    receivers[i].started = 0;
  }
  pthread_t thread;
  pthread_create(&thread, 0, receive_all, 0);
  pin_to(sender_core);
  double cpu = thread_cpu_s(), frame_ns = 1e9 * burst / pps, phase_ns = frame_ns / (sender_count ? sender_count : 1);
  long start = now_ns(), frames = (long)(seconds * 1e9 / frame_ns);
  for (long frame = 0; frame < frames; frame++) {
    for (int i = 0; i < sender_count; i++) {
      long wait = start + (long)(frame * frame_ns + i * phase_ns) - now_ns();
      if (wait > 0) nanosleep(&(struct timespec){wait / 1000000000L, wait % 1000000000L}, 0);
      for (int packet = 0; packet < burst; packet++)
        out->sent += send_packet(&senders[i], sizes[packet], packet == 0, packet == burst - 1);
      senders[i].timestamp += TICKS_PER_FRAME;
      senders[i].frame++;
    }
  }
  out->seconds = (now_ns() - start) / 1e9;
  out->sender_cpu_s = thread_cpu_s() - cpu;
  usleep(300000);
  stopping = 1;
  pthread_join(thread, 0);
  out->receiver_cpu_s = receiver_cpu_s;
  sum_up(out);
  return 0;
}
