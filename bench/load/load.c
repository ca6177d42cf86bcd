// SRTP load: paced senders and draining receivers over sockets whose ICE and DTLS somebody else has done.
//
// Python negotiates (real ICE, DTLS, SDP) and hands over each socket with its SRTP keys; then only the server's own work
// is left to measure. Built as a shared object and driven through ctypes by bench/load/__init__.py.
//
// A script is what one camera or microphone sends: frames of packets of given sizes at given times, over and over. Each
// packet ends with CLOCK_MONOTONIC nanoseconds, so a receiver that decrypts every `sample`-th packet knows its age.
// Senders and receivers belong to a group; a run uses the groups it names and leaves the others alone, so that two
// servers can be driven in turn without new connections.
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

enum { MAX_ENDS = 1024, MAX_SCRIPTS = 8, MAX_STREAMS = 8, MAX_PACKET = 1600, BATCH = 64, MAX_AGES = 4000000 };
enum { RTP_HEADER = 12, STAMP = 8, KEYFRAME_EVERY = 250, PSFB = 206, PLI = 1 };

struct script {
  int frames, *counts, *sizes, video, clock_hz;
  long *at_ns, period_ns;
};

struct sender {
  int fd, group, own_script, script, frame, size_at;
  struct sockaddr_in to;
  srtp_t srtp;
  uint32_t ssrc, first_timestamp;
  uint16_t sequence;
  uint8_t payload_type;
  long sent_frames, media_ns, round_ns, due_ns;
  int keyframe;
  volatile int keyframe_wanted;
};

struct stream {
  uint32_t ssrc;
  uint16_t last;
};

struct receiver {
  int fd, group, streams;
  srtp_t srtp;
  struct stream stream[MAX_STREAMS];
  long packets, gaps, control, other, undecryptable;
};

struct result {
  double sent, received, gaps, undecryptable, control, seconds, sender_cpu_s, receiver_cpu_s;
  double age_p50_us, age_p95_us, age_p99_us, age_max_us, ages;
};

static struct script scripts[MAX_SCRIPTS];
static struct sender senders[MAX_ENDS];
static struct receiver receivers[MAX_ENDS];
static int script_count, sender_count, receiver_count, sample_every, load_core, first_group, end_group;
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

static int runs(int group) { return group >= first_group && group < end_group; }

// AEAD_AES_128_GCM (RFC 7714), the profile every client of ours and Janus agree on.
static int open_srtp(srtp_t *out, const uint8_t *key, srtp_ssrc_type_t direction) {
  static int initialised;
  if (!initialised) srtp_init();
  initialised = 1;
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

static void *copy(const void *from, size_t bytes) { return memcpy(malloc(bytes), from, bytes); }

// counts[i] packets in frame i, at at_ns[i] after the round began; sizes[] of all packets in order, RTP header included.
int load_add_script(int frames, const int *counts, const int *sizes, const long *at_ns, long period_ns, int video) {
  if (script_count == MAX_SCRIPTS) return -1;
  int packets = 0;
  for (int i = 0; i < frames; i++) packets += counts[i];
  scripts[script_count] = (struct script){
      .frames = frames, .video = video, .clock_hz = video ? 90000 : 48000, .period_ns = period_ns,
      .counts = copy(counts, frames * sizeof *counts), .sizes = copy(sizes, packets * sizeof *sizes),
      .at_ns = copy(at_ns, frames * sizeof *at_ns)};
  return script_count++;
}

int load_add_sender(int fd, int group, int script, const char *ip, int port, const uint8_t *key, uint32_t ssrc,
                    int payload_type) {
  if (sender_count == MAX_ENDS) return -1;
  struct sender *s = &senders[sender_count];
  *s = (struct sender){.fd = fd, .group = group, .own_script = script, .ssrc = ssrc, .payload_type = payload_type};
  s->to.sin_family = AF_INET;
  s->to.sin_port = htons(port);
  inet_pton(AF_INET, ip, &s->to.sin_addr);
  s->sequence = 1000;
  s->first_timestamp = 900000;
  return open_srtp(&s->srtp, key, ssrc_any_outbound) ? -1 : sender_count++;
}

int load_add_receiver(int fd, int group, const uint8_t *key) {
  if (receiver_count == MAX_ENDS) return -1;
  struct receiver *r = &receivers[receiver_count];
  *r = (struct receiver){.fd = fd, .group = group};
  int bytes = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return open_srtp(&r->srtp, key, ssrc_any_inbound) ? -1 : receiver_count++;
}

// VP8: its descriptor (RFC 7741) and, on the first packet of a keyframe, a 1280x720 frame header. Opus: a 20 ms frame.
static void write_payload(uint8_t *packet, int size, int video, int first_of_frame, int keyframe) {
  static const uint8_t keyframe_header[] = {0x50, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02};
  memset(packet + RTP_HEADER, 0x5a, size - RTP_HEADER);
  packet[RTP_HEADER] = video ? (first_of_frame ? 0x10 : 0x00) : 0xf8;
  if (!video) return;
  if (first_of_frame && keyframe) memcpy(packet + RTP_HEADER + 1, keyframe_header, sizeof keyframe_header);
  else packet[RTP_HEADER + 1] = 0x51;
}

static int send_packet(struct sender *s, const struct script *script, int size, int first, int last) {
  uint8_t packet[MAX_PACKET];
  uint32_t ticks = s->first_timestamp + (uint32_t)((__int128)s->media_ns * script->clock_hz / 1000000000);
  uint32_t timestamp = htonl(ticks), ssrc = htonl(s->ssrc);
  uint16_t sequence = htons(s->sequence++);
  packet[0] = 0x80;
  packet[1] = s->payload_type | (last && script->video ? 0x80 : 0);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  write_payload(packet, size, script->video, first, s->keyframe);
  long stamp = now_ns();
  memcpy(packet + size - STAMP, &stamp, STAMP);
  int length = size;
  if (srtp_protect(s->srtp, packet, &length)) return 0;
  return sendto(s->fd, packet, length, 0, (struct sockaddr *)&s->to, sizeof s->to) > 0;
}

static int send_frame(struct sender *s) {
  const struct script *script = &scripts[s->script];
  int sent = 0, count = script->counts[s->frame];
  s->media_ns = s->due_ns;
  s->keyframe = s->keyframe_wanted || s->sent_frames % KEYFRAME_EVERY == 0;
  s->keyframe_wanted = 0;
  for (int i = 0; i < count; i++) sent += send_packet(s, script, script->sizes[s->size_at++], i == 0, i == count - 1);
  s->sent_frames++;
  if (++s->frame == script->frames) {
    s->frame = s->size_at = 0;
    s->round_ns += script->period_ns;
  }
  s->due_ns = s->round_ns + script->at_ns[s->frame];
  return sent;
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

static void check_order(struct receiver *r, uint32_t ssrc, uint16_t sequence) {
  int at = 0;
  while (at < r->streams && r->stream[at].ssrc != ssrc) at++;
  if (at == r->streams) {
    if (at == MAX_STREAMS) return;
    r->stream[r->streams++].ssrc = ssrc;
  } else if ((uint16_t)(sequence - r->stream[at].last) != 1) {
    r->gaps++;
  }
  r->stream[at].last = sequence;
}

// A PLI (RFC 4585, section 6.3.1) by itself: its kind is in clear in SRTCP, whose picture it asks for is not.
static void want_keyframes(int fd) {
  for (int i = 0; i < sender_count; i++)
    if (senders[i].fd == fd) senders[i].keyframe_wanted = 1;
}

static void take(struct receiver *r, uint8_t *packet, int length) {
  if (length < RTP_HEADER + STAMP || packet[0] >> 6 != 2) { r->other++; return; }
  if (packet[1] >= 192 && packet[1] <= 223) {  // RTCP (RFC 5761)
    r->control++;
    if (packet[1] == PSFB && (packet[0] & 31) == PLI) want_keyframes(r->fd);
    return;
  }
  uint32_t ssrc;
  memcpy(&ssrc, packet + 8, 4);
  check_order(r, ssrc, packet[2] << 8 | packet[3]);
  if (++r->packets % sample_every == 0) note_age(r, packet, length);
}

static void *receive_all(void *unused) {
  static uint8_t buffers[BATCH][2048];
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct epoll_event ready[256];
  (void)unused;
  pin_to(load_core);
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int poll = epoll_create1(0);
  for (int i = 0; i < receiver_count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    if (runs(receivers[i].group)) epoll_ctl(poll, EPOLL_CTL_ADD, receivers[i].fd, &event);
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
    if (!runs(receivers[i].group)) continue;
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

// The senders' phases are spread evenly over one frame. Each script begins anew; numbers and times go on.
static void line_up(long start, int script) {
  int running = 0, at = 0;
  for (int i = 0; i < sender_count; i++) running += runs(senders[i].group);
  for (int i = 0; i < sender_count; i++) {
    struct sender *s = &senders[i];
    if (!runs(s->group)) continue;
    s->script = script < 0 ? s->own_script : script;
    long frame_ns = scripts[s->script].period_ns / scripts[s->script].frames;
    s->frame = s->size_at = 0;
    s->round_ns = start + frame_ns * at++ / running;
    s->due_ns = s->round_ns + scripts[s->script].at_ns[0];
  }
}

static struct sender *next_due(void) {
  struct sender *next = 0;
  for (int i = 0; i < sender_count; i++)
    if (runs(senders[i].group) && (!next || senders[i].due_ns < next->due_ns)) next = &senders[i];
  return next;
}

static void send_until(long end, struct result *out) {
  for (;;) {
    struct sender *s = next_due();
    if (!s || s->due_ns >= end) return;
    long wait = s->due_ns - now_ns();
    if (wait > 0) nanosleep(&(struct timespec){wait / 1000000000L, wait % 1000000000L}, 0);
    out->sent += send_frame(s);
  }
}

// Sends for `seconds` with the groups first..end-1, on `core`, and waits for what is still under way. Every sender
// plays `script`, or its own one if that is negative.
int load_run(int first, int end, int script, double seconds, int sample, int core, struct result *out) {
  memset(out, 0, sizeof *out);
  stopping = 0;
  age_count = 0;
  sample_every = sample;
  load_core = core;
  first_group = first;
  end_group = end;
  if (!ages) ages = malloc(MAX_AGES * sizeof *ages);
  for (int i = 0; i < receiver_count; i++) {
    receivers[i].packets = receivers[i].gaps = receivers[i].control = receivers[i].other = receivers[i].undecryptable = 0;
    receivers[i].streams = 0;
  }
  pthread_t thread;
  pthread_create(&thread, 0, receive_all, 0);
  pin_to(core);
  double cpu = thread_cpu_s();
  long start = now_ns();
  line_up(start, script);
  send_until(start + (long)(seconds * 1e9), out);
  out->seconds = (now_ns() - start) / 1e9;
  out->sender_cpu_s = thread_cpu_s() - cpu;
  usleep(300000);
  stopping = 1;
  pthread_join(thread, 0);
  out->receiver_cpu_s = receiver_cpu_s;
  sum_up(out);
  return 0;
}
