// SPDX-License-Identifier: Apache-2.0
// bench_smpp_echo SMSC_PORT [answers]: the yardstick for SMS. What libsmpp34 can do by itself: an
// ESME bound as a transceiver that unpacks each PDU and packs its answer, on a blocking socket with
// one write for each read. With `answers` it also submits a message with a receipt to each phone
// that wrote, as many as come. No tables, no store, no window. Prints `ready` when it is bound,
// ends at SIGTERM or with the connection, and prints what it did.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

extern "C" {
#include <libsmpp34/smpp34.h>
#include <libsmpp34/smpp34_structs.h>
// needs the types of the header above
#include <libsmpp34/smpp34_params.h>
}

namespace {

constexpr std::string_view kText = "provisioned l3g-8r0qfh6iz5zaefetzp4o@msgin5g.example";

volatile std::sig_atomic_t stopped = 0;

extern "C" void on_signal(int) noexcept {
  stopped = 1;
}

class Echo {
 public:
  explicit Echo(bool answers) : answers_(answers) {}

  bool connect(std::uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
    bind_transceiver_t bind{};
    bind.command_id = BIND_TRANSCEIVER;
    bind.sequence_number = sequence_++;
    std::memcpy(bind.system_id, "bench", 6);
    bind.interface_version = SMPP_VERSION;
    put(BIND_TRANSCEIVER, bind);
    return flush();
  }

  void run() {
    while (!stopped) {
      const ssize_t got = ::read(socket_, in_.data() + held_, in_.size() - held_);
      if (got <= 0) return;
      take(held_ + static_cast<std::size_t>(got));
      if (!flush()) return;
    }
  }

  void print() const {
    std::printf("delivered %lu\nsubmitted %lu\nreceipts %lu\nfailures %lu\n", delivered_,
                submitted_, receipts_, failures_);
  }

 private:
  void take(std::size_t octets) {
    std::size_t at = 0;
    while (octets - at >= 16) {
      const std::uint32_t length = u32(at);
      if (length < 16 || length > in_.size()) std::exit(1);
      if (octets - at < length) break;
      handle(u32(at + 4), in_.data() + at, static_cast<int>(length));
      at += length;
    }
    held_ = octets - at;
    std::memmove(in_.data(), in_.data() + at, held_);
  }

  void handle(std::uint32_t command, const std::uint8_t* pdu, int length) {
    if (command == DELIVER_SM) return delivered(pdu, length);
    if (command == SUBMIT_SM_RESP) {
      submit_sm_resp_t answer{};
      if (smpp34_unpack(command, &answer, pdu, length) != 0) ++failures_;
      return;
    }
    if (command == BIND_TRANSCEIVER_RESP) {
      std::puts("ready");
      std::fflush(stdout);
      return;
    }
    if (command != ENQUIRE_LINK) return;
    enquire_link_resp_t answer{};
    answer.command_id = ENQUIRE_LINK_RESP;
    answer.sequence_number = u32(static_cast<std::size_t>(pdu - in_.data()) + 12);
    put(ENQUIRE_LINK_RESP, answer);
  }

  void delivered(const std::uint8_t* pdu, int length) {
    deliver_sm_t message{};
    if (smpp34_unpack(DELIVER_SM, &message, pdu, length) != 0) ++failures_;
    destroy_tlv(message.tlv);
    deliver_sm_resp_t answer{};
    answer.command_id = DELIVER_SM_RESP;
    answer.sequence_number = message.sequence_number;
    put(DELIVER_SM_RESP, answer);
    if (message.esm_class != 0) {
      ++receipts_;
      return;
    }
    ++delivered_;
    if (answers_) submit(message);
  }

  void submit(const deliver_sm_t& to) {
    submit_sm_t message{};
    message.command_id = SUBMIT_SM;
    message.sequence_number = sequence_++;
    message.source_addr_npi = 1;
    std::memcpy(message.source_addr, to.destination_addr, sizeof message.source_addr);
    message.dest_addr_ton = 1;
    message.dest_addr_npi = 1;
    std::memcpy(message.destination_addr, to.source_addr, sizeof message.destination_addr);
    message.registered_delivery = 1;
    message.data_coding = 3;
    message.sm_length = static_cast<std::uint8_t>(kText.size());
    std::memcpy(message.short_message, kText.data(), kText.size());
    put(SUBMIT_SM, message);
    ++submitted_;
  }

  template <class Frame>
  void put(std::uint32_t command, Frame& frame) {
    std::array<std::uint8_t, 512> pdu;
    int octets = 0;
    if (smpp34_pack(command, pdu.data(), static_cast<int>(pdu.size()), &octets, &frame) != 0) {
      ++failures_;
      return;
    }
    out_.append(reinterpret_cast<const char*>(pdu.data()), static_cast<std::size_t>(octets));
  }

  bool flush() {
    for (std::size_t sent = 0; sent < out_.size();) {
      const ssize_t now = ::write(socket_, out_.data() + sent, out_.size() - sent);
      if (now <= 0) return false;
      sent += static_cast<std::size_t>(now);
    }
    out_.clear();
    return true;
  }

  std::uint32_t u32(std::size_t at) const {
    return std::uint32_t{in_[at]} << 24 | std::uint32_t{in_[at + 1]} << 16 |
           std::uint32_t{in_[at + 2]} << 8 | in_[at + 3];
  }

  bool answers_;
  int socket_ = -1;
  std::uint32_t sequence_ = 1;
  std::array<std::uint8_t, 65'536> in_{};
  std::size_t held_ = 0;
  std::string out_;
  unsigned long delivered_ = 0;
  unsigned long submitted_ = 0;
  unsigned long receipts_ = 0;
  unsigned long failures_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_smpp_echo SMSC_PORT [answers]\n", stderr);
    return 2;
  }
  struct sigaction action{};
  action.sa_handler = on_signal;  // without SA_RESTART, so that read() ends
  ::sigaction(SIGTERM, &action, nullptr);
  Echo echo(argc > 2);
  if (!echo.connect(static_cast<std::uint16_t>(std::atoi(argv[1])))) {
    std::perror("bench_smpp_echo");
    return 1;
  }
  echo.run();
  echo.print();
  return 0;
}
