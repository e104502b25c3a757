// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tests/sim/smsc/centre.h"
#include "tests/sim/smsc/delivery.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

/// One SMPP session, without its socket: octets in, octets out. Lives as long as its link, in the
/// centre's thread; the centre must outlive it.
class Session {
 public:
  enum class State { open, transmitter, receiver, transceiver, unbinding, over };
  static constexpr std::size_t kMostOutput = 4 * 1024 * 1024;  ///< then nothing more is delivered

  /// `wake` is called when there is output after none, and when the session is over.
  Session(Centre& centre, std::string peer, std::function<void()> wake);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::uint32_t number() const { return number_; }
  State state() const { return state_; }
  bool receives() const { return state_ == State::receiver || state_ == State::transceiver; }
  /// Write the output, then close the connection.
  bool is_over() const { return state_ == State::over; }
  /// Read nothing and write nothing.
  bool is_silent() const { return silent_; }
  Account* account() const { return account_; }

  /// Takes all whole PDUs off the front of `octets`; how many octets they have. A PDU has
  /// kMostPduOctets at most, so a buffer of that size always makes progress.
  std::size_t receive(std::string_view octets);
  /// What is to be written; the link takes it away.
  std::string& output() { return output_; }

  bool has_room() const;
  /// Sends a deliver_sm. Only when has_room().
  void deliver(const Delivery& delivery);
  void respond(std::uint32_t command, Status status, std::uint32_t sequence, std::string_view id);
  void enquire();
  void unbind();
  void be_silent() { silent_ = true; }
  /// The connection is gone: what was under way goes back to the centre.
  void lose();
  /// Octets as they are (POST /garbage).
  void write_raw(std::string_view octets);
  /// Time-outs; to be called several times a second.
  void check_times();

  boost::json::object show() const;

 private:
  struct InFlight {
    Delivery delivery;
    Instant sent;
  };

  void handle(const Header& header, std::string_view body);
  void handle_request(const Header& header, std::string_view body);
  void handle_response(const Header& header);
  void handle_bind(const Header& header, std::string_view body);
  void handle_submit(const Header& header, std::string_view body);
  void reject_frame(const Header& header);
  void send_bare(std::uint32_t command, Status status, std::uint32_t sequence);
  void end();
  /// Answers the ESME's unbind once nothing is under way.
  void leave();
  std::uint32_t next_sequence();
  bool may_submit() const { return state_ == State::transmitter || state_ == State::transceiver; }
  /// An entry of the journal, null if there is no journal.
  Journal::Entry* note(bool in, std::uint32_t command, Status status, std::uint32_t sequence);
  void wake();

  Centre& centre_;
  std::string peer_;
  std::function<void()> wake_;
  std::uint32_t number_;
  State state_ = State::open;
  bool silent_ = false;
  Account* account_ = nullptr;
  std::string output_;
  boost::unordered_flat_map<std::uint32_t, InFlight> in_flight_;  ///< by sequence number
  std::uint32_t sequence_ = 0;
  Instant opened_, heard_;
  std::optional<Instant> enquired_, unbound_;
  std::optional<std::uint32_t> leaving_;  ///< the sequence number of the ESME's unbind
  base::TimePoint since_;
  std::uint64_t submits_ = 0, deliveries_ = 0;
};

}  // namespace msggw::smsc
