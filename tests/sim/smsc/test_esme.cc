// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/test_esme.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace msggw::smsc {
namespace {

constexpr int kPatienceMs = 30'000;
constexpr int kQuietMs = 100;

std::string number(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

std::uint32_t number(std::string_view octets) {
  std::uint32_t value = 0;
  for (const char c : octets) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string text(std::string_view value) {
  return std::string(value) + '\0';
}

std::size_t end_of_text(const std::string& body, std::size_t at) {
  return body.find('\0', at) + 1;
}

}  // namespace

TestEsme::TestEsme(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  const int on = 1;
  REQUIRE(::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

void TestEsme::send(std::uint32_t command, std::uint32_t sequence, std::string_view body,
                    std::uint32_t status) {
  std::string pdu = number(static_cast<std::uint32_t>(body.size() + 16)) + number(command) +
                    number(status) + number(sequence);
  send_raw(pdu.append(body));
}

void TestEsme::send_raw(std::string_view octets) {
  while (!octets.empty()) {
    const auto sent = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the other side has closed: what follows will see it
    octets.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool TestEsme::wait(int ms) {
  pollfd readable{socket_.get(), POLLIN, 0};
  return ::poll(&readable, 1, ms) == 1;
}

std::string TestEsme::take(std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t have = 0; have < count;) {
    REQUIRE(wait(kPatienceMs));
    const auto got = ::recv(socket_.get(), out.data() + have, count - have, 0);
    REQUIRE(got > 0);
    have += static_cast<std::size_t>(got);
  }
  return out;
}

TestEsme::Pdu TestEsme::receive() {
  const std::string head = take(16);
  const std::string_view view = head;
  const std::uint32_t length = number(view.substr(0, 4));
  REQUIRE(length >= 16);
  return {number(view.substr(4, 4)), number(view.substr(8, 4)), number(view.substr(12, 4)),
          take(length - 16)};
}

TestEsme::Pdu TestEsme::expect(std::uint32_t command) {
  Pdu pdu = receive();
  REQUIRE(pdu.command == command);
  return pdu;
}

bool TestEsme::is_quiet() {
  return !wait(kQuietMs);
}

bool TestEsme::is_closed() {
  char octet = 0;
  return wait(kPatienceMs) && ::recv(socket_.get(), &octet, 1, 0) <= 0;
}

std::uint32_t TestEsme::bind(std::uint32_t command, std::string_view system_id,
                             std::string_view password) {
  send(command, 1, text(system_id) + text(password) + text("") + '\x34' + std::string(3, '\0'));
  return expect(command | 0x80000000).status;
}

void TestEsme::answer(const Pdu& deliver, std::uint32_t status) {
  send(0x80000005, deliver.sequence, std::string(1, '\0'), status);
}

void TestEsme::submit(std::uint32_t sequence, std::string_view to, std::string_view message,
                      std::uint8_t registered_delivery) {
  const char octets[] = {'\0', '\0',
                         '\0', '\0',
                         '\0', static_cast<char>(registered_delivery),
                         '\0', '\0',
                         '\0', static_cast<char>(message.size())};
  send(4, sequence,
       text("") + std::string("\0\0", 2) + text("12345") + "\x01\x01" + text(to) +
           std::string(octets, sizeof octets) + std::string(message));
}

std::string short_message_of(const std::string& body) {
  std::size_t at = end_of_text(body, 0);
  at = end_of_text(body, at + 2);
  at = end_of_text(body, at + 2);
  at = end_of_text(body, end_of_text(body, at + 3)) + 4;
  return body.substr(at + 1, static_cast<unsigned char>(body[at]));
}

std::string source_of(const std::string& body) {
  const std::size_t at = end_of_text(body, 0) + 2;
  return body.substr(at, body.find('\0', at) - at);
}

std::string id_of(const std::string& body) {
  return body.substr(0, body.find('\0'));
}

}  // namespace msggw::smsc
