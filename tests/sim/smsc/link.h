// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include "tests/sim/smsc/session.h"
#include "tests/sim/smsc/stream.h"

namespace msggw::smsc {

class Server;

/// The connection of one ESME: reads into its session, writes what the session has. The server
/// holds it; what it has asked of the socket keeps it alive until the socket says that it is over.
class Link : public std::enable_shared_from_this<Link> {
 public:
  enum class End { close, reset };

  Link(Server& server, Stream::Socket socket, boost::asio::ssl::context* tls);

  Session& session() { return session_; }
  void start();
  /// Writes what the session has, closes when it is over. Once a turn.
  void flush();
  /// The session is over; what it has written still goes out, and then FIN. What comes until the
  /// other side closes is thrown away: closing with octets unread would send RST, which overtakes
  /// the last response.
  void finish();
  /// Closes at once; `reset` sends RST.
  void end(End how);
  /// Time-outs.
  void check_times();
  void be_silent();

 private:
  void read();
  void on_read(const boost::system::error_code& error, std::size_t octets);
  void on_written(const boost::system::error_code& error);
  bool peer_is_gone();

  Server& server_;
  Stream stream_;
  Session session_;
  bool ended_ = false;
  bool writing_ = false;
  bool reading_ = false;
  bool handshaken_ = false;
  bool shut_ = false;  ///< FIN is sent
  std::optional<Instant> over_since_;
  std::string written_;   ///< what the socket has at the moment
  std::size_t kept_ = 0;  ///< octets of a PDU that is not whole, at the front of the buffer
  std::array<char, kMostPduOctets> buffer_;
};

}  // namespace msggw::smsc
