// SPDX-License-Identifier: Apache-2.0
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <deque>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
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
constexpr unsigned kObserve = 6;  // the numbers of options, RFC 7252 12.2 and RFC 7641 2
constexpr unsigned kLocationPath = 8;
constexpr unsigned kUriPath = 11;
constexpr unsigned kContentFormat = 12;
constexpr unsigned kUriQuery = 15;
constexpr char kJson = 50;
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
      const Answer answer = ask({coap::kPost, {"rd"}, "ep=" + private_id_});
      if (answer.code == kCreated) {
        handle_ = answer.location;
        return std::string(
            boost::json::parse(answer.payload).as_object().at("serviceId").as_string());
      }
      if (Clock::now() > until) throw std::runtime_error("the device is not registered");
    }
  }
  void send(const boost::json::object& message) override {
    const Answer answer =
        ask({coap::kPost, {"rd", handle_, "msg"}, {}, boost::json::serialize(message)});
    if (answer.code != kChanged) throw std::runtime_error(answer.payload);
  }
  /// Its acknowledgement has told already.
  void report(const boost::json::object&) override {}
  boost::json::object receive() override {
    if (!observation_) observe();
    const auto until = Clock::now() + kPatience;
    while (notifications_.empty() && Clock::now() < until) answer_within(kAskAgain);
    if (notifications_.empty()) throw std::runtime_error("nothing came for the device");
    const std::string payload = std::move(notifications_.front());
    notifications_.pop_front();
    return boost::json::parse(payload).as_object();
  }

 private:
  struct Request {
    std::uint8_t code;
    std::vector<std::string> path;
    std::string query{};
    std::string body{};
    bool observes = false;
  };
  struct Answer {
    std::uint8_t code = 0;
    std::string location;
    std::string payload;
  };

  /// Of its inbox: each message and report comes as a notification from now on.
  void observe() {
    observation_ = static_cast<std::uint16_t>(mid_ + 1);
    ask({kGet, {"rd", handle_, "inbox"}, {}, {}, true});
  }

  Answer ask(const Request& request) {
    ++mid_;
    std::string out{0x48, static_cast<char>(request.code), static_cast<char>(mid_ >> 8),
                    static_cast<char>(mid_ & 255)};
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(std::uint64_t{mid_} >> shift & 255);
    unsigned last = 0;
    if (request.observes) put_option(out, last, kObserve, {});
    for (const std::string& segment : request.path) put_option(out, last, kUriPath, segment);
    if (!request.body.empty()) put_option(out, last, kContentFormat, {&kJson, 1});
    if (!request.query.empty()) put_option(out, last, kUriQuery, request.query);
    if (!request.body.empty()) out.append("\xFF").append(request.body);
    const auto until = Clock::now() + kPatience;
    while (Clock::now() < until) {
      static_cast<void>(::send(socket_.get(), out.data(), out.size(), 0));
      if (auto answer = answer_within(kAskAgain)) return std::move(*answer);
    }
    throw std::runtime_error("the gateway does not answer");
  }

  /// The answer to the request of mid_; notifications that come meanwhile are acknowledged and
  /// kept. None also when one came.
  std::optional<Answer> answer_within(std::chrono::milliseconds time) {
    std::array<std::uint8_t, 2'048> room;
    pollfd readable{socket_.get(), POLLIN, 0};
    while (::poll(&readable, 1, static_cast<int>(time.count())) > 0) {
      const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), 0);
      if (got < 0) continue;
      const std::span octets(room.data(), static_cast<std::size_t>(got));
      const auto message = coap::decode(octets);
      if (!message) continue;
      const bool is_empty = message->code == coap::kEmpty;
      // An empty one is a ping: whether anybody is here.
      if (message->type == coap::Type::con)
        answer_empty(is_empty ? coap::Type::rst : coap::Type::ack, message->mid);
      if (is_empty) continue;
      // Its first answer is empty, and all others are notifications.
      if (observation_ && message->token == *observation_ && !message->payload.empty()) {
        if (message->code != kContent) throw std::runtime_error(std::string(message->payload));
        if (std::exchange(last_notified_, message->mid) != message->mid)
          notifications_.emplace_back(message->payload);
        return std::nullopt;
      }
      if (message->token != mid_) continue;
      const std::string_view text(reinterpret_cast<const char*>(room.data()), octets.size());
      return Answer{message->code, last_option(text, kLocationPath), std::string(message->payload)};
    }
    return std::nullopt;
  }

  void answer_empty(coap::Type type, std::uint16_t mid) {
    std::array<std::uint8_t, coap::kHeaderOctets> out;
    coap::encode_empty(type, mid, out);
    static_cast<void>(::send(socket_.get(), out.data(), out.size(), 0));
  }

  std::string private_id_;
  std::string handle_;
  base::UniqueFd socket_;
  std::uint16_t mid_ = static_cast<std::uint16_t>(::getpid());
  std::optional<std::uint16_t> observation_;    ///< its token
  std::optional<std::uint16_t> last_notified_;  ///< the Message ID of the newest notification
  std::deque<std::string> notifications_;
};

}  // namespace

std::unique_ptr<Device> make_coap_device(const std::string& host, std::uint16_t port,
                                         const std::string& private_id) {
  return std::make_unique<CoapDevice>(host, port, private_id);
}

}  // namespace msggw::exchange
