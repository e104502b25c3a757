#include "adapters/coap/endpoint.h"

#include <coap3/coap.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "adapters/coap/socket.h"

namespace msggw::coap {

namespace {

/// Seconds after which libcoap forgets a silent peer. Short, because it looks through all it knows
/// at every turn and for every new one, and max_idle_sessions gives up only one for each new peer:
/// a burst of requests that waited would otherwise slow down the next five minutes. Nothing is lost
/// with a UDP session.
constexpr unsigned kSessionTimeout = 10;

/// The library's log function is one for the process and is told no context; while an endpoint of
/// this thread is inside the library, this is the one.
thread_local Endpoint* endpoint_inside = nullptr;

class Inside {
 public:
  explicit Inside(Endpoint* endpoint) noexcept
      : before_(std::exchange(endpoint_inside, endpoint)) {}
  ~Inside() { endpoint_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  Endpoint* before_;
};

std::string_view value_of(const coap_opt_t* option) {
  return {reinterpret_cast<const char*>(coap_opt_value(option)), coap_opt_length(option)};
}

std::uint32_t number_of(const coap_opt_t* option) {
  return coap_decode_var_bytes(coap_opt_value(option), coap_opt_length(option));
}

/// Sorts the options of a message into a Request. The lists that the request points to live here.
struct RequestReader {
  static constexpr std::size_t kMostSegments = 4;
  static constexpr std::size_t kMostQueries = 16;

  explicit RequestReader(const coap_pdu_t& pdu) {
    coap_opt_iterator_t at;
    coap_option_iterator_init(&pdu, &at, COAP_OPT_ALL);
    while (const coap_opt_t* option = coap_option_next(&at)) take(at.number, option);
    request.path = {segments.data(), used_segments};
    request.queries = {queries.data(), used_queries};
    std::size_t size = 0;
    const std::uint8_t* data = nullptr;
    if (coap_get_data(&pdu, &size, &data) != 0)
      request.payload = {reinterpret_cast<const char*>(data), size};
  }

  void take(std::uint16_t number, const coap_opt_t* option) {
    switch (number) {
      case COAP_OPTION_URI_PATH: keep(segments, used_segments, option); return;
      case COAP_OPTION_URI_QUERY:
        if (!keep(queries, used_queries, option)) request.too_many_queries = true;
        return;
      case COAP_OPTION_CONTENT_FORMAT:
        if (!request.content_format)
          request.content_format = static_cast<std::uint16_t>(number_of(option));
        return;
      case COAP_OPTION_ACCEPT:
        if (request.accept) request.bad_option = number;
        request.accept = static_cast<std::uint16_t>(number_of(option));
        return;
      case COAP_OPTION_BLOCK1:
        if (request.block1) request.bad_option = number;
        request.block1 = number_of(option);
        return;
      case COAP_OPTION_BLOCK2:
        if (request.block2) request.bad_option = number;
        request.block2 = number_of(option);
        return;
      case COAP_OPTION_SIZE1: request.size1 = number_of(option); return;
      case COAP_OPTION_NORESPONSE:
        request.no_response = static_cast<std::uint8_t>(number_of(option));
        return;
      case COAP_OPTION_RTAG: request.request_tag = value_of(option); return;
      case COAP_OPTION_IF_MATCH:
      case COAP_OPTION_IF_NONE_MATCH: request.bad_option = number; return;
      default: return;  // elective, or one of those that libcoap judges
    }
  }

  template <std::size_t N>
  static bool keep(std::array<std::string_view, N>& list, std::size_t& used,
                   const coap_opt_t* option) {
    if (used == N) return false;
    list[used++] = value_of(option);
    return true;
  }

  std::array<std::string_view, kMostSegments> segments;
  std::array<std::string_view, kMostQueries> queries;
  std::size_t used_segments = 0;
  std::size_t used_queries = 0;
  Request request;
};

void add_text(coap_pdu_t& pdu, std::uint16_t number, std::string_view value) {
  coap_add_option(&pdu, number, value.size(), reinterpret_cast<const std::uint8_t*>(value.data()));
}

void add_number(coap_pdu_t& pdu, std::uint16_t number, std::uint32_t value) {
  std::array<std::uint8_t, 4> octets;
  const auto size = coap_encode_var_safe(octets.data(), octets.size(), value);
  coap_add_option(&pdu, number, size, octets.data());
}

void add_path(coap_pdu_t& pdu, std::uint16_t number, std::string_view path) {
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    add_text(pdu, number, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
}

/// Options in ascending order, as libcoap needs them.
void write(const Response& response, coap_pdu_t& pdu) {
  coap_pdu_set_code(&pdu, static_cast<coap_pdu_code_t>(response.code));
  if (response.etag) add_number(pdu, COAP_OPTION_ETAG, *response.etag);
  add_path(pdu, COAP_OPTION_LOCATION_PATH, response.location);
  if (response.content_format)
    add_number(pdu, COAP_OPTION_CONTENT_FORMAT, *response.content_format);
  if (response.max_age_s) add_number(pdu, COAP_OPTION_MAXAGE, *response.max_age_s);
  if (response.block2) add_number(pdu, COAP_OPTION_BLOCK2, encode_block(*response.block2));
  if (response.block1) add_number(pdu, COAP_OPTION_BLOCK1, encode_block(*response.block1));
  if (response.size1) add_number(pdu, COAP_OPTION_SIZE1, *response.size1);
  if (response.payload.empty()) return;
  const auto* data = reinterpret_cast<const std::uint8_t*>(response.payload.data());
  coap_add_data(&pdu, response.payload.size(), data);
}

coap_pdu_type_t to_wire(MessageType type) {
  switch (type) {
    case MessageType::confirmable: return COAP_MESSAGE_CON;
    case MessageType::non_confirmable: return COAP_MESSAGE_NON;
    case MessageType::acknowledgement: return COAP_MESSAGE_ACK;
  }
  return COAP_MESSAGE_NON;
}

coap_str_const_t text(std::string_view value) {
  return {value.size(), reinterpret_cast<const std::uint8_t*>(value.data())};
}

}  // namespace

SessionRef::SessionRef(coap_session_t* session) noexcept
    : session_(session == nullptr ? nullptr : coap_session_reference(session)) {}

SessionRef::~SessionRef() {
  if (session_ != nullptr) coap_session_release(session_);
}

struct Endpoint::Trampolines {
  static void request(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request,
                      const coap_string_t*, coap_pdu_t* response) noexcept {
    auto& self = *static_cast<Endpoint*>(coap_resource_get_userdata(resource));
    self.received(session, *request, *response);
  }

  static int event(coap_session_t* session, coap_event_t event) noexcept {
    auto& self = *static_cast<Endpoint*>(coap_get_app_data(coap_session_get_context(session)));
    if (event == COAP_EVENT_SERVER_SESSION_NEW) self.events_.sessions(+1);
    if (event == COAP_EVENT_SERVER_SESSION_DEL) self.events_.sessions(-1);
    return 0;
  }

  static void log(coap_log_t level, const char* message) noexcept {
    if (endpoint_inside != nullptr) endpoint_inside->logged(level, message);
  }
};

void Endpoint::FreeContext::operator()(coap_context_t* context) const noexcept {
  coap_free_context(context);
}

Endpoint::Endpoint(boost::asio::io_context& io, const Options& options, const base::Clock& clock,
                   EndpointEvents events)
    : events_(std::move(events)), clock_(clock), watched_(io) {
  require_free_port(options.address, options.port);
  coap_startup();
  coap_set_log_handler(&Trampolines::log);
  coap_set_log_level(LOG_WARNING);  // logged() needs "read failed", which is a warning
  context_.reset(coap_new_context(nullptr));
  if (!context_) throw std::runtime_error("libcoap gives no context: out of memory or descriptors");
  coap_set_app_data(context_.get(), this);
  coap_context_set_max_idle_sessions(context_.get(),
                                     static_cast<unsigned>(options.max_idle_sessions));
  coap_context_set_session_timeout(context_.get(), kSessionTimeout);
  coap_register_event_handler(context_.get(), &Trampolines::event);
  add_resources();

  const SocketAddress at = parse_address(options.address, options.port);
  coap_address_t listen;
  coap_address_init(&listen);
  listen.size = at.size;
  std::memcpy(&listen.addr, &at.generic, at.size);
  errno = 0;
  if (coap_new_endpoint(context_.get(), &listen, COAP_PROTO_UDP) == nullptr)
    cannot_bind(options.address, options.port, errno);
  adopt_socket(options);
  wait();
}

Endpoint::~Endpoint() {
  const Inside inside(this);
  if (watched_.is_open()) watched_.release();  // the descriptor is the library's to close
}

/// Only /rd is a resource of the library: registrations are told apart by our own tables, since
/// there may be a million. The unknown-resource handler takes every other path; it must take every
/// method too, because the library answers a DELETE that nobody takes with 2.02.
void Endpoint::add_resources() {
  static constexpr std::array kMethodCodes{
      COAP_REQUEST_GET,   COAP_REQUEST_POST,  COAP_REQUEST_PUT,   COAP_REQUEST_DELETE,
      COAP_REQUEST_FETCH, COAP_REQUEST_PATCH, COAP_REQUEST_IPATCH};
  coap_str_const_t path = text("rd");
  coap_resource_t* directory = coap_resource_init(&path, 0);
  coap_resource_t* others = coap_resource_unknown_init(&Trampolines::request);
  if (directory == nullptr || others == nullptr)
    throw std::runtime_error("libcoap gives no resource: out of memory");
  for (coap_resource_t* resource : {directory, others}) {
    coap_resource_set_userdata(resource, this);
    for (const auto method : kMethodCodes)
      coap_register_request_handler(resource, method, &Trampolines::request);
    coap_add_resource(context_.get(), resource);
  }
  coap_str_const_t type_name = text("rt");
  coap_str_const_t type = text("\"core.rd\"");
  coap_add_attr(directory, &type_name, &type, 0);
  coap_str_const_t formats_name = text("ct");
  coap_str_const_t formats = text("\"50 60\"");
  coap_add_attr(directory, &formats_name, &formats, 0);
}

void Endpoint::adopt_socket(const Options& options) {
  const int library_fd = coap_context_get_coap_fd(context_.get());
  const int socket = find_udp_socket(library_fd);
  if (socket < 0)
    throw std::runtime_error("cannot find libcoap's socket in /proc/self/fdinfo: mount /proc");
  make_exclusive(socket);
  port_ = local_port(socket);
  const std::size_t granted = set_receive_buffer(socket, options.receive_buffer_octets);
  if (granted < options.receive_buffer_octets) {
    base::log::warn("coap_receive_buffer_small",
                    {{"wanted", options.receive_buffer_octets},
                     {"granted", granted},
                     {"remedy", "raise net.core.rmem_max, or bursts of datagrams are lost"}});
  }
  watched_.assign(library_fd);
}

void Endpoint::wait() {
  watched_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) return;
                        read();
                        wait();
                      });
}

/// libcoap reads one datagram for each event it is given, and looks through all its sessions once
/// for each call. So the socket's event is given as often as datagrams may be waiting; logged()
/// ends the batch at the first read that finds nothing.
void Endpoint::read() {
  const Inside inside(this);
  const int fd = coap_context_get_coap_fd(context_.get());
  const int ready = ::epoll_wait(fd, batch_.data(), static_cast<int>(batch_.size()), 0);
  if (ready <= 0) return;
  const auto events = batch_.begin() + ready;
  const auto of_socket = std::find_if(batch_.begin(), events,
                                      [](const epoll_event& e) { return e.data.ptr != nullptr; });
  auto end = events;
  if (of_socket != events) {
    std::fill(events, batch_.end(), epoll_event(*of_socket));
    end = batch_.end();
  }
  coap_io_do_epoll(context_.get(), batch_.data(), static_cast<std::size_t>(end - batch_.begin()));
  timers_stale_ = false;
}

void Endpoint::received(coap_session_t* session, const coap_pdu_t& request, coap_pdu_t& response) {
  const auto type = coap_pdu_get_type(&request);
  if (type != COAP_MESSAGE_CON && type != COAP_MESSAGE_NON) {
    // A request code in an ACK or RST: libcoap calls the handler all the same.
    events_.malformed();
    coap_pdu_set_type(&response, COAP_MESSAGE_NON);
    return;
  }
  RequestReader reader(request);
  Request& read = reader.request;
  read.method = static_cast<Method>(coap_pdu_get_code(&request));
  read.confirmable = type == COAP_MESSAGE_CON;
  read.mid = static_cast<std::uint16_t>(coap_pdu_get_mid(&request));
  const coap_bin_const_t token = coap_pdu_get_token(&request);
  read.token.size = static_cast<std::uint8_t>(std::min(token.length, read.token.octets.size()));
  std::copy_n(token.s, read.token.size, read.token.octets.begin());
  read.peer = peer_of(coap_session_get_addr_remote(session)->addr.sa);
  read.session = session;

  Response answer;
  switch (events_.request(read, answer)) {
    case Handling::answer: return write(answer, response);
    case Handling::acknowledge: return;  // the library makes an empty ACK of an empty response
    case Handling::keep_silent:          // ... and drops an empty response that is NON
      coap_pdu_set_type(&response, COAP_MESSAGE_NON);
      return;
  }
}

void Endpoint::send(const SessionRef& to, MessageType type, std::uint16_t mid, const Token& token,
                    const Response& response) {
  if (to.get() == nullptr) return;
  const Inside inside(this);
  if (type != MessageType::acknowledgement) mid = coap_new_message_id(to.get());
  coap_pdu_t* pdu =
      coap_pdu_init(to_wire(type), COAP_EMPTY_CODE, mid, coap_session_max_pdu_size(to.get()));
  if (pdu == nullptr) return;  // no memory: as good as a lost datagram
  if (response.code != Code::empty) {
    coap_add_token(pdu, token.size, reinterpret_cast<const std::uint8_t*>(token.octets.data()));
    write(response, *pdu);
  }
  coap_send(to.get(), pdu);
  if (type == MessageType::confirmable) timers_stale_ = true;
}

void Endpoint::flush() {
  if (!std::exchange(timers_stale_, false)) return;
  const Inside inside(this);
  coap_tick_t now = 0;
  coap_ticks(&now);
  coap_io_prepare_epoll(context_.get(), now);
}

void Endpoint::logged(int level, std::string_view message) {
  if (level == LOG_WARNING) {
    if (message.find("read failed") != std::string_view::npos) {
      for (epoll_event& event : batch_)
        event.events = 0;  // what is left of the batch reads nothing
    } else if (message.find("discard malformed") != std::string_view::npos) {
      events_.malformed();
    }
    return;
  }
  // A reset is an ordinary answer of a peer that has forgotten its request, whatever the library's
  // level for it.
  if (message.find("got RST") != std::string_view::npos || !log_limit_.pass(clock_.now())) return;
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  base::log::warn("coap_library",
                  {{"message", message}, {"suppressed", log_limit_.take_suppressed()}});
}

}  // namespace msggw::coap
