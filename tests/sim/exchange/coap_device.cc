// SPDX-License-Identifier: Apache-2.0
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gateway/base/handle.h"
#include "tests/sim/exchange/device.h"
#include "tests/sim/fleet/coap_wire.h"

namespace msggw::exchange {

namespace {

namespace coap = fleet::coap;
using Clock = std::chrono::steady_clock;

constexpr std::uint8_t kGet = coap::code(0, 1);
constexpr std::uint8_t kCreated = coap::code(2, 1);
constexpr std::uint8_t kChanged = coap::code(2, 4);
constexpr std::uint8_t kContent = coap::code(2, 5);
constexpr unsigned kEtag = 4;  // the numbers of options, RFC 7252 12.2
constexpr unsigned kLocationPath = 8;
constexpr unsigned kUriPath = 11;
constexpr unsigned kContentFormat = 12;
constexpr unsigned kUriQuery = 15;
constexpr char kJson = 50;
constexpr std::size_t kHeader = coap::kHeaderOctets + coap::kTokenOctets;
constexpr std::chrono::milliseconds kAskAgain{1'000};

void put_option(std::string& out, unsigned& last, unsigned number, std::string_view value) {
  const unsigned delta = number - last;  // never above 12 here
  last = number;
  const auto length = static_cast<unsigned>(value.size());
  out += static_cast<char>(delta << 4 | (length < 13 ? length : length < 269 ? 13U : 14U));
  if (length >= 269) out += static_cast<char>((length - 269) >> 8);
  if (length >= 13) out += static_cast<char>(length < 269 ? length - 13 : (length - 269) & 255);
  out += value;
}

/// The last option of that number in a message that decode() took; empty: there is none.
std::string last_option(std::string_view message, unsigned wanted) {
  const auto octet = [&](std::size_t at) {
    return at < message.size() ? static_cast<unsigned char>(message[at]) : 0xFFU;
  };
  std::size_t at = coap::kHeaderOctets + (octet(0) & 15);
  unsigned number = 0;
  std::string found;
  while (at < message.size() && octet(at) != 0xFF) {
    unsigned parts[2] = {octet(at) >> 4, octet(at) & 15};
    ++at;
    for (unsigned& part : parts) {
      if (part == 13) {
        part = octet(at++) + 13;
      } else if (part == 14) {
        part = (octet(at) << 8 | octet(at + 1)) + 269;
        at += 2;
      }
    }
    number += parts[0];
    if (number == wanted) found = message.substr(std::min(at, message.size()), parts[1]);
    at += parts[1];
  }
  return found;
}

class CoapDevice final : public Device {
 public:
  CoapDevice(const std::string& host, std::uint16_t port, std::string private_id)
      : private_id_(std::move(private_id)) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0)
      throw std::runtime_error(host + " is not found");
    socket_ = base::UniqueFd(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const bool good = ::connect(socket_.get(), found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!good) throw std::runtime_error("there is no way to " + host);
  }

  std::string register_it() override {
    const auto until = Clock::now() + kPatience;
    for (;;) {
      const Answer answer = ask(coap::kPost, {"rd"}, "ep=" + private_id_, {});
      if (answer.code == kCreated) {
        handle_ = answer.location;
        return std::string(
            boost::json::parse(answer.payload).as_object().at("serviceId").as_string());
      }
      if (Clock::now() > until) throw std::runtime_error("the device is not registered");
    }
  }
  void send(const boost::json::object& message) override { post("msg", message); }
  void report(const boost::json::object& report) override { post("report", report); }
  boost::json::object receive() override {
    const auto until = Clock::now() + kPatience;
    while (Clock::now() < until) {
      const Answer answer = ask(kGet, {"rd", handle_, "inbox"}, {}, {});
      if (answer.code != kContent) throw std::runtime_error(answer.payload);
      if (!answer.payload.empty()) return proven(answer);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // as devices that poll do
    }
    throw std::runtime_error("nothing came for the device");
  }

 private:
  struct Answer {
    std::uint8_t code = 0;
    std::string location;
    std::string etag;
    std::string payload;
  };

  /// What came, told to be here (`after`).
  boost::json::object proven(const Answer& answer) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string after = "after=";
    for (const char octet : answer.etag) {
      after += kHex[static_cast<unsigned char>(octet) >> 4];
      after += kHex[static_cast<unsigned char>(octet) & 15];
    }
    auto what = boost::json::parse(answer.payload).as_object();
    if (what.contains("delivSt")) ask(kGet, {"rd", handle_, "inbox"}, after, {});
    return what;
  }

  void post(const char* resource, const boost::json::object& body) {
    const Answer answer =
        ask(coap::kPost, {"rd", handle_, resource}, {}, boost::json::serialize(body));
    if (answer.code != kChanged) throw std::runtime_error(answer.payload);
  }

  Answer ask(std::uint8_t code, const std::vector<std::string>& path, const std::string& query,
             const std::string& body) {
    ++mid_;
    std::string out{0x48, static_cast<char>(code), static_cast<char>(mid_ >> 8),
                    static_cast<char>(mid_ & 255)};
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(std::uint64_t{mid_} >> shift & 255);
    unsigned last = 0;
    for (const std::string& segment : path) put_option(out, last, kUriPath, segment);
    if (!body.empty()) put_option(out, last, kContentFormat, {&kJson, 1});
    if (!query.empty()) put_option(out, last, kUriQuery, query);
    if (!body.empty()) out.append("\xFF").append(body);
    const auto until = Clock::now() + kPatience;
    while (Clock::now() < until) {
      static_cast<void>(::send(socket_.get(), out.data(), out.size(), 0));
      if (auto answer = answer_within(kAskAgain)) return std::move(*answer);
    }
    throw std::runtime_error("the gateway does not answer");
  }

  std::optional<Answer> answer_within(std::chrono::milliseconds time) {
    std::array<std::uint8_t, 2'048> room;
    pollfd readable{socket_.get(), POLLIN, 0};
    while (::poll(&readable, 1, static_cast<int>(time.count())) > 0) {
      const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), 0);
      if (got < 0) continue;
      const std::span octets(room.data(), static_cast<std::size_t>(got));
      const auto message = coap::decode(octets);
      if (!message) continue;
      if (message->type == coap::Type::con) acknowledge(message->mid);
      if (message->code == coap::kEmpty || message->token != mid_) continue;
      const std::string_view text(reinterpret_cast<const char*>(room.data()), octets.size());
      return Answer{message->code, last_option(text, kLocationPath), last_option(text, kEtag),
                    std::string(message->payload)};
    }
    return std::nullopt;
  }

  void acknowledge(std::uint16_t mid) {
    std::array<std::uint8_t, coap::kHeaderOctets> out;
    coap::encode_empty(coap::Type::ack, mid, out);
    static_cast<void>(::send(socket_.get(), out.data(), out.size(), 0));
  }

  std::string private_id_;
  std::string handle_;
  base::UniqueFd socket_;
  std::uint16_t mid_ = static_cast<std::uint16_t>(::getpid());
};

}  // namespace

std::unique_ptr<Device> make_coap_device(const std::string& host, std::uint16_t port,
                                         const std::string& private_id) {
  return std::make_unique<CoapDevice>(host, port, private_id);
}

}  // namespace msggw::exchange
