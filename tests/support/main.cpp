#define BOOST_TEST_MODULE aurora
#include <boost/test/unit_test.hpp>
