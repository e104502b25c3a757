// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/sms/smpp/framer.h"
#include "adapters/sms/smpp/pdu.h"

namespace msggw::smpp {

/// As append().
inline base::Result<std::string> encode(const Pdu& pdu) {
  std::string out;
  if (auto written = append(pdu, out); !written)
    return tl::unexpected<base::Error>(std::move(written.error()));
  return out;
}

namespace test {

/// The SMSC's side of a session, as simple as tests need it: no limits and no time. It answers
/// enquire_link and unbind by itself; what else comes is for the test.
class SmscSession {
 public:
  void received(std::string_view octets) {
    Framer::Step step;
    while (!closed_ && (step = framer_.next(octets)).status == Framer::Status::whole)
      take(decode(step.pdu).value());
  }
  std::string take_output() { return std::exchange(output_, {}); }

  /// Answers a bind or a message.
  void answer(const Header& request, Status status, Body body = Empty{}) {
    put({{response_to(request.command), status, request.sequence},
         status == Status::ok ? std::move(body) : Empty{}});
    if (!is_bind(request.command)) return;
    bound_ = request.command;
    is_bound_ = status == Status::ok;
    closed_ = !is_bound_;
  }
  /// Sends a request, whatever the bind says. Returns its sequence number.
  std::uint32_t send(Command command, Body body = Empty{}) {
    put({{command, Status::ok, ++sequence_}, std::move(body)});
    return sequence_;
  }

  bool is_bound() const noexcept { return is_bound_ && !closed_; }
  /// Whether messages may be sent to the ESME.
  bool has_receiver() const noexcept { return is_bound() && bound_ != Command::bind_transmitter; }
  bool is_closed() const noexcept { return closed_; }
  /// Binds, messages, and answers to messages.
  std::deque<Pdu> in;

 private:
  void put(const Pdu& pdu) {
    base::ensure(append(pdu, output_).has_value(), "a test sends what can be sent");
  }
  void take(Pdu pdu) {
    const Header& header = pdu.header;
    if (header.command == response_to(Command::unbind)) closed_ = true;
    if (header.command == Command::enquire_link || header.command == Command::unbind)
      put({{response_to(header.command), Status::ok, header.sequence}, Empty{}});
    if (header.command == Command::unbind) closed_ = true;
    if (is_bind(header.command) || is_message(request_of(header.command)))
      in.push_back(std::move(pdu));
  }

  Framer framer_;
  std::string output_;
  std::uint32_t sequence_ = 0;
  Command bound_{};
  bool is_bound_ = false;
  bool closed_ = false;
};

}  // namespace test
}  // namespace msggw::smpp
